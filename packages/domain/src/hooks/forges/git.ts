import { z } from 'zod'
import type { ForgeEvent } from '../forge-event.ts'
import { changeOf, type Forge, FullRef, pushOptions } from './forge.ts'

const Fields = z.object({
  changes: z.array(z.object({ before: z.string(), after: z.string(), ref: FullRef, skip: z.boolean() })),
  options: z.array(z.string()),
  user: z.string().nullish().catch(null),
})

/** Lines beyond these are not read: a push rarely has ten. */
const MOST_LINES = 1_000

/**
 * Takes the lines of a `post-receive` hook apart: `<old> <new> <ref>`, with `skip` behind it for a commit whose message
 * wants no pipeline, and `option <text>` for each push option.
 *
 * @returns null when a line is none of these.
 */
export function readLines(text: string): z.infer<typeof Fields> | null {
  const changes: z.infer<typeof Fields>['changes'] = []
  const options: string[] = []
  for (const line of text.split('\n', MOST_LINES)) {
    const option = /^option (.*)$/.exec(line)?.[1]
    const [, before, after, ref, skip] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (\S+)( skip)?\r?$/.exec(line) ?? []
    if (option !== undefined) options.push(option)
    else if (before !== undefined && after !== undefined && ref !== undefined) {
      changes.push({ before, after, ref, skip: skip !== undefined })
    } else if (line.trim() !== '') return null
  }
  return { changes, options }
}

function parse(_event: string, body: unknown): ForgeEvent {
  const { changes, options, user = null } = Fields.parse(body)
  return {
    kind: 'push',
    changes: changes.flatMap(({ ref, ...change }) => changeOf(ref, change) ?? []),
    user,
    options: pushOptions(options),
  }
}

/** A repository without a forge, whose `post-receive` hook tells what was pushed. */
export const git: Forge = {
  proof: { by: 'token', header: 'x-yardmaster-token', standard: false },
  eventHeaders: [],
  keyHeaders: ['x-yardmaster-delivery'],
  body: 'lines',
  fields: Fields,
  parse,
}
