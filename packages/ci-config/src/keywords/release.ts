import {
  type Found,
  list,
  matching,
  members,
  oneOf,
  oneOrMore,
  optional,
  prose,
  required,
  text,
  word,
} from './reading.ts'

const KEYS = ['tag_name', 'tag_message', 'name', 'description', 'ref', 'released_at', 'milestones', 'assets'] as const
const LINK_TYPES = ['other', 'runbook', 'image', 'package'] as const
const ISO_8601 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/**
 * Returns the one command of the step `release`, as the reference has it. It runs `release-cli`, which has to be in the
 * job's image and talks to the server in `CI_SERVER_URL` unless configured otherwise. Variables in the texts are
 * expanded when it runs.
 */
export function release(found: Found): string[] {
  const given = members(found, KEYS)
  const flags: (readonly [string, string | null])[] = [
    ['name', optional(given.name, (name) => text(name), null)],
    ['description', required(given.description, `${found.at}.description`, (description) => prose(description))],
    ['tag-name', required(given.tag_name, `${found.at}.tag_name`, (name) => word(name))],
    ['tag-message', optional(given.tag_message, (message) => text(message), null)],
    ['ref', optional(given.ref, (ref) => word(ref), null)],
    ['released-at', optional(given.released_at, (time) => matching(time, ISO_8601, 'a time in ISO 8601'), null)],
    ...optional(given.milestones, (all) => oneOrMore(all, (one) => word(one)), []).map(
      (milestone) => ['milestone', milestone] as const,
    ),
    ...optional(given.assets, links, []).map((link) => ['assets-link', JSON.stringify(link)] as const),
  ]
  const words = flags.flatMap(([flag, value]) => (value === null ? [] : [`--${flag} ${quoted(value)}`]))
  return [['release-cli create', ...words].join(' ')]
}

function links(found: Found): Record<string, string>[] {
  const assets = members(found, ['links'])
  return required(assets.links, `${found.at}.links`, (all) => list(all, link))
}

function link(found: Found): Record<string, string> {
  const given = members(found, ['name', 'url', 'link_type', 'filepath'])
  return {
    name: required(given.name, `${found.at}.name`, (name) => word(name)),
    url: required(given.url, `${found.at}.url`, (url) => word(url)),
    ...(given.link_type && { link_type: oneOf(given.link_type, LINK_TYPES) }),
    ...(given.filepath && { filepath: matching(given.filepath, /^\/\S*$/, 'a path that starts with /') }),
  }
}

/** Quotes one shell word in which variables are still expanded. */
const quoted = (value: string): string => `"${value.replace(/["\\`]/g, '\\$&')}"`
