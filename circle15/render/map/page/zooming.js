/** Where things stand while the map zooms. */

/**
 * The pixel in the map's upper left corner, were it at another centre and zoom.
 *
 * @param {L.Map} map
 * @param {L.LatLng} center
 * @param {number} zoom
 */
export function originAt(map, center, zoom) {
  const pane = L.DomUtil.getPosition(map.getPanes().mapPane) ?? L.point(0, 0);
  return map.project(center, zoom).subtract(map.getSize().divideBy(2)).add(pane).round();
}

/** Moves and scales an element. @param {HTMLElement} element @param {L.Point} offset @param {number} scale */
export function transform(element, offset, scale) {
  if (L.Browser.any3d) L.DomUtil.setTransform(element, offset, scale);
  else L.DomUtil.setPosition(element, offset);
}
