/**
 * What stands beside the pointer.
 *
 * @import { Bare, View } from "./model.js"
 * @import { Facility } from "./content.js"
 */
import { absence, figureText } from './panel.js';
import { tip } from './places.js';
import { local } from './text.js';

/** The figure of a community, and the service that it is of. @param {number} place @param {View} view */
function figureLine(place, view) {
  const { state, model, result, say } = view;
  const figure = result.figures[place];
  if (figure.kind !== 'value') return absence(figure, view);
  const worst = state.service === 'all' && figure.service ? model.serviceOf[figure.service] : null;
  const text = result.kinds?.[result.classes[place]]?.label ?? figureText(figure, state.measure, view);
  const service = worst ? ` · ${local(worst, 'title', state.language)}` : '';
  return `${say(`measure_${state.measure}`)} ${text}${service}`;
}

/** Why a facility covers nobody. @param {Facility} facility @param {Bare} view */
function closure(facility, { say, model, state }) {
  const { denied, open, state: gone } = facility;
  if (denied) return [say('facility_denied')];
  if (gone) return [say('facility_not_in_use', { state: local(facility, 'state', state.language) })];
  const moment = model.content.open_at?.[state.language];
  return moment && open === false ? [say('facility_closed', { moment })] : [];
}

/** @param {() => View} viewNow */
export function tellers(viewNow) {
  return {
    /** @param {number} place */
    community: (place) => {
      const view = viewNow();
      const { communities } = view.model;
      return tip(local(communities[place], 'name', view.state.language), [figureLine(place, view)]);
    },
    /** @param {number} at */
    facility: (at) => {
      const view = viewNow();
      const { language } = view.state;
      const { facilities, serviceOf } = view.model;
      const facility = facilities[at];
      const titles = facility.services.map((key) => (serviceOf[key] ? local(serviceOf[key], 'title', language) : key));
      return tip(local(facility, 'name', language), [...closure(facility, view), titles.join(' · ')]);
    },
  };
}
