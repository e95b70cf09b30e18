/**
 * The page's JSON value as payload.py writes it; docs/page-format.md describes it.
 * Types alone: no module takes anything else from here, so nothing of this file reaches a page. A test holds them
 * against what Python writes; a key that is optional here is one that the page does without.
 *
 * @typedef {"zh" | "en"} Language
 * @typedef {{zh: string, en: string}} Bilingual
 * @typedef {{title_zh: string, title_en: string}} Titled
 * @typedef {Record<string, Bilingual>} Words
 *
 * @typedef {{lon0: number, lat0: number, steps_per_degree: number}} Grid a step is 4e-6 degree
 * @typedef {{start: number, values: number, code: "u" | "s" | "d"}} Section
 * @typedef {{encoding: string, bytes: number, text: string}} PackedText
 * @typedef {PackedText & {sections: Record<string, Section>}} Packed
 *
 * @typedef {"elders_empty_nest" | "elders_alone" | "elders_disabled" | "elders_low_income"} Need
 *
 * @typedef {object} Cell one service of one community; people aged 60+
 * @property {number} placed who stand on a street
 * @property {number[] | null} uncovered one number per cut-off, in tens, -1 for one to nine
 * @property {number | null} mean_min
 * @property {number | null} p90_min
 * @property {number | null} [choices]
 * @property {number | null} [rank]
 * @property {Partial<Record<Need, number[]>>} [needs] estimates as `uncovered`, of needs that are known
 * @property {number[]} [seats] who comes on a day; of them served, all full in reach, nothing in reach, not known
 *
 * @typedef {object} Gap
 * @property {number | null} index
 * @property {number | null} [index_additive]
 * @property {number | null} [index_worst]
 * @property {number | null} rank
 * @property {number | null} [rank_people]
 * @property {string} [worst_service]
 *
 * @typedef {"households" | "population_registered" | "pop_65plus" | "pop_80plus" | "circle_cut" | "circle_cut_60plus"
 *   | Need} FurtherGroup
 *
 * @typedef {object} Community
 * @property {string} id
 * @property {string} name
 * @property {string} name_en
 * @property {string} subdistrict
 * @property {string} subdistrict_en
 * @property {string} community_type
 * @property {string} community_type_en
 * @property {string} outline "grown" or "estates" where it is not an administrative boundary
 * @property {string} people_basis
 * @property {[number, number]} anchor longitude and latitude of the name
 * @property {number | null} population null where nobody knows it
 * @property {number | null} pop_60plus
 * @property {string} placed how people were placed, words joined by "+"
 * @property {Partial<Record<FurtherGroup, number | null>>} more in tens; null where a need is unknown
 * @property {Gap | null} gap
 * @property {Record<string, Cell>} services by key, determined ones alone
 *
 * @typedef {object} Facility
 * @property {string} id
 * @property {string} name
 * @property {string[]} services
 * @property {number} lon
 * @property {number} lat
 * @property {number} status 0 ok, 1 far from any street, 2 on an island of the network
 * @property {string} [name_en]
 * @property {string} [site_kind]
 * @property {string} [site_kind_zh]
 * @property {string} [site_kind_en]
 * @property {string} [tier]
 * @property {string} [tier_zh]
 * @property {string} [tier_en]
 * @property {string} [opening_hours] as the list writes them
 * @property {string} [opening_hours_osm] in OpenStreetMap's syntax
 * @property {string} [address]
 * @property {string} [source]
 * @property {string} [source_date]
 * @property {string} [source_url]
 * @property {number | null} [capacity]
 * @property {Record<string, number | null>} [capacity_by_service]
 * @property {number | null} [floor_area_m2]
 * @property {number | null} [delivery_radius_m]
 * @property {boolean | null} [open] at the page's moment; null is not known
 * @property {boolean} [denied] by a field survey
 * @property {string} [state] of a facility that is closed, being built or planned: it covers nobody
 * @property {string} [state_zh]
 * @property {string} [state_en]
 *
 * @typedef {Titled & {key: string, glyph: string, tone: string, determined: boolean}} Service
 *
 * @typedef {object} Finding
 * @property {string} [code]
 * @property {string} severity "error", "warning" or "note"
 * @property {string} message_zh
 * @property {string} message_en
 * @property {string} [remedy_zh]
 * @property {string} [remedy_en]
 * @property {string} file
 * @property {number | null} row
 * @property {string} column
 * @property {string} value
 * @property {string[]} examples
 * @property {number} count
 *
 * @typedef {object} FileRecord
 * @property {string} file
 * @property {string} role_zh
 * @property {string} role_en
 * @property {string} form_zh
 * @property {string} form_en
 * @property {number} read
 * @property {number} used
 * @property {{rows: number, why_zh: string, why_en: string}[]} lost
 * @property {{unknown: number, personal: number, understood?: number}} columns
 *
 * @typedef {object} Origin
 * @property {string} [file]
 * @property {string} label_zh
 * @property {string} label_en
 * @property {boolean} synthetic
 * @property {string} attribution
 * @property {string} licence
 * @property {string} date
 *
 * @typedef {Titled & {speed_mmps: number, stairs_mmps: number, half_signal_ms: number, half_gate_ms: number,
 *   name?: string, citation?: string}} Profile
 * @typedef {{layers: string[], hosts: string[], attribution: string, max_zoom: number}} Tiles
 * @typedef {Titled & {key: string, review_number: string, synthetic: boolean, area_km2?: number,
 *   notes?: Record<string, string>}} City
 * @typedef {{pop_60plus: number, uncovered: Record<string, number[]>, placed: Record<string, number>,
 *   population?: number, unknown?: number}} Totals in tens; `unknown` communities are in none of them
 *
 * @typedef {Bilingual & {kind: "service" | "hours" | "seats" | "gate" | "link" | "site", gain: number,
 *   step: number, added: number, same: number, note?: Bilingual, points: [number, number][]}} Change that would help;
 *   person-services in tens, `note`: how sure it is and what it costs
 * @typedef {{pop_60plus: number, lacking: number[], where: Bilingual, service: Bilingual}} Needs of whom so many lack
 *   one service or more, two or more, ...; where and which most
 * @typedef {{minutes: number, needs: Needs, list: Change[]}} Changes
 *
 * @typedef {Bilingual & {kind: string, at: [number, number] | null, line: [number, number][]}} SchemeChange
 * @typedef {Pick<Community, "id" | "population" | "pop_60plus" | "placed" | "more" | "gap" | "services">} Was
 *
 * @typedef {object} Before the city as it is, on the page of a scheme alone
 * @property {{name: string, parent: string}} scenario
 * @property {SchemeChange[]} changes
 * @property {(Was | null)[]} same of each community; null where today there is another or none
 * @property {Pick<Community, "id" | "name" | "name_en" | "subdistrict" | "subdistrict_en" | "anchor">[]} communities of
 *   today that are not the same in the scheme, without their people; outlines in `before.*`
 * @property {Record<string, Facility | null>} facilities that are otherwise today, null where there is none
 * @property {Totals | null} totals null where communities are not the same
 * @property {{minutes: number, needs: Needs} | null} needs
 * @property {Profile} profile
 *
 * @typedef {object} Content
 * @property {number} format
 * @property {number} fewest the smallest number of people that is published
 * @property {Grid} grid
 * @property {City} city
 * @property {Profile} profile
 * @property {number[]} cutoffs_ms
 * @property {number} max_snap_m
 * @property {Bilingual | null} open_at
 * @property {Service[]} services
 * @property {Record<string, number>} [weights] of the services in the index
 * @property {{name: string, rank: number}[]} way_classes
 * @property {string[]} street_names
 * @property {Community[]} communities
 * @property {Facility[]} facilities
 * @property {Totals} totals
 * @property {Changes | null} [actions]
 * @property {Record<string, number>} methods
 * @property {[number, number, number, number]} bounds west, south, east, north
 * @property {FileRecord[]} [files]
 * @property {Finding[]} findings
 * @property {Origin[]} origins
 * @property {{nodes: number, edges: number, km: number}} network
 * @property {(PackedText & {layers: string[]}) | null} verdicts
 * @property {Packed} binary
 * @property {Tiles | null} tiles
 * @property {Words} words
 * @property {Before} [before]
 */

/**
 * What stands behind the verdicts, once it is opened; verdicts.py and ledger.py write it.
 *
 * @typedef {object} Clause
 * @property {string} id
 * @property {number} book
 * @property {string} zh
 * @property {string} en
 * @property {number} source
 * @property {string} clause
 * @property {number} year
 * @property {string} status
 * @property {string} grade
 * @property {"official" | "source" | "project"} standing what its requirement rests on
 * @property {"" | "indicative" | "project"} mark
 * @property {"community" | "subdistrict" | "city"} level
 * @property {string} unit
 * @property {boolean} about whether its figures are rounded for privacy
 * @property {number} [at_least]
 * @property {number} [more_than] the figure itself does not comply
 * @property {number} [at_most]
 * @property {number} [minutes]
 * @property {number} [metres]
 * @property {string[]} [services]
 * @property {string} [note_zh]
 * @property {string} [note_en]
 *
 * @typedef {"p" | "f" | "u" | "s" | "h" | "."} Verdict pass, fail, undetermined, shown, hidden, none
 *
 * @typedef {object} ClauseRow one clause; of each unit of its level
 * @property {string} v a letter
 * @property {(number | null)[]} o observed
 * @property {(number | null)[]} [lo] lower bound where only a range is known
 * @property {(number | null)[]} [hi] upper bound of it, null where there is none
 * @property {string[]} [n] numbers (of grids, say) that comply
 * @property {number[]} [f] facility, -1 none
 * @property {([number, number] | null)[]} [w] minutes and metres of the typical walk
 * @property {number[]} [l] position in `lacks`, -1 none
 *
 * @typedef {object} Norms
 * @property {[string, string, string][]} books key, Chinese, English
 * @property {[string, string][]} sources
 * @property {Clause[]} clauses
 * @property {[string, string][]} lacks
 * @property {string[]} subdistricts
 * @property {ClauseRow[]} rows
 *
 * @typedef {[number, number, number, number, number, number]} RouteRow
 *   community, service, facility, minutes, metres, line
 * @typedef {[number, number, number, number, number, number, number, number]} CauseRow
 *   community, service, cause, people left with gates open, one link, direct ways, a straight line; link
 * @typedef {[number, number, number, number | null, number | null, number | null, number | null]} RobustRow
 *   community, service, verdict, percent of draws below, low, high, required
 * @typedef {(number | null)[]} Figures
 * @typedef {{id: string, m: number, crosses: string, serves: number}} Link
 * @typedef {{causes: string[], rows: CauseRow[], links: Link[]}} Causes
 * @typedef {{verdicts: string[], draws: number, seed?: number, rows: RobustRow[], communities: (Figures | null)[],
 *   assumptions: [string, string][]}} Robust
 * @typedef {{kind: string, target_id: string, name: string, communities: string, question_zh: string,
 *   question_en: string, flips: number, people: number, lon: number | null, lat: number | null}} Check
 * @typedef {Bilingual & {id: string, medoid?: number, like?: string}} Type
 * @typedef {{method?: string, types: Type[], of: number[], outliers: number[], notes?: [string, string][]}} Types
 * @typedef {{draws: number, rows: (Figures | null)[]}} Stability
 *
 * @typedef {object} VerdictParts
 * @property {Norms} [norms]
 * @property {RouteRow[]} [routes]
 * @property {Causes} [cause]
 * @property {Robust} [robust]
 * @property {{all: number, list: Check[]}} [checks]
 * @property {Types} [types]
 * @property {Stability} [stability]
 */

export {};
