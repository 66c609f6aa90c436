import type { PushOutcome, StoredRepository } from '@yardmaster/domain/ports'
import { FLUSH, pktLine, sideBand } from './pkt-lines.ts'
import type { PushRequest } from './push-request.ts'

const CAPABILITIES = [
  'report-status',
  'delete-refs',
  'side-band-64k',
  'quiet',
  'atomic',
  'ofs-delta',
  'push-options',
  'object-format=sha1',
  'agent=yardmaster',
].join(' ')
const NONE = '0'.repeat(40)

/**
 * Returns what a client that is about to push gets first: the refs, what may be asked for, and the most bytes of the pack
 * of a working tree.
 */
export function pushAdvertisement(repository: Pick<StoredRepository, 'refs'> | null, maxRunBytes: number): Buffer {
  const refs = repository?.refs ?? []
  const [first = { sha: NONE, name: 'capabilities^{}' }, ...others] = refs
  return Buffer.concat([
    pktLine('# service=git-receive-pack\n'),
    FLUSH,
    pktLine(`${first.sha} ${first.name}\0${CAPABILITIES} max-run-bytes=${maxRunBytes}\n`),
    ...others.map(({ sha, name }) => pktLine(`${sha} ${name}\n`)),
    FLUSH,
  ])
}

type Given = Pick<PushRequest, 'capabilities' | 'commands'>

/** Returns what came of a push, for the client. `pushEnd` has to follow. */
export function pushReport({ capabilities, commands }: Given, { pack, refs }: Omit<PushOutcome, 'deliveryId'>): Buffer {
  if (!capabilities.has('report-status')) return Buffer.alloc(0)
  const report = Buffer.concat([
    pktLine(`unpack ${pack ?? 'ok'}\n`),
    ...commands.map(({ name }) => {
      const reason = refs.get(name) ?? null
      return pktLine(reason === null ? `ok ${name}\n` : `ng ${name} ${reason}\n`)
    }),
    FLUSH,
  ])
  return capabilities.has('side-band-64k') ? sideBand(1, report) : report
}

/** Returns text that git shows to people, as `remote: …`, between the report and the end. */
export const remoteText = (text: string): Buffer => sideBand(2, text)

/** Returns whether a client shows text. Git says that it is to be quiet also when it only writes to no terminal. */
export const showsText = ({ capabilities }: Given): boolean => capabilities.has('side-band-64k')

export const pushEnd = ({ capabilities }: Given): Buffer =>
  capabilities.has('side-band-64k') ? FLUSH : Buffer.alloc(0)
