import { Dict, isBlank, List, type Value } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { member, OwnFaults } from './own-faults.ts'

const KEYS = ['tag_name', 'tag_message', 'name', 'description', 'ref', 'released_at', 'milestones', 'assets']
const ISO_8601 = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/

/** Checks `release`. */
export const checkRelease: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.allowedKeys(value, KEYS)
  const given = (key: string) => member(value, key)
  own.text(given('tag_name'), 'tag_name')
  own.present(given('tag_name'), 'tag_name')
  if (!isBlank(given('tag_message'))) own.text(given('tag_message'), 'tag_message')
  own.text(given('description'), 'description')
  own.present(given('description'), 'description')
  if (!isBlank(given('milestones'))) own.listOfTextsOrText(given('milestones'), 'milestones')
  const releasedAt = given('released_at')
  if (releasedAt !== undefined) {
    own.expect(ISO_8601.test(String(releasedAt)), 'released_at', 'must be a valid datetime')
  }
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { assets: checkAssets })
}

const checkAssets: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.allowedKeys(value, ['links'])
  const links = member(value, 'links')
  own.listOfMaps(links, 'links')
  own.present(links, 'links')
  if (own.found.length > 0 || !(links instanceof List)) return own.found
  return links.items.flatMap((link, index) => checkLink(link, at.item('link', index, links.places[index])))
}

const checkLink = (value: Value, at: Parameters<Check>[1]) => {
  const own = new OwnFaults(at)
  own.allowedKeys(value, ['name', 'url', 'filepath', 'link_type'])
  own.text(member(value, 'name'), 'name')
  own.present(member(value, 'name'), 'name')
  own.present(member(value, 'url'), 'url')
  return own.found
}
