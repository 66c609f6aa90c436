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

/** Returns what a client that is about to push gets first: the refs, and what may be asked for. */
export function pushAdvertisement(repository: Pick<StoredRepository, 'refs'> | null): Buffer {
  const refs = repository?.refs ?? []
  const [first = { sha: NONE, name: 'capabilities^{}' }, ...others] = refs
  return Buffer.concat([
    pktLine('# service=git-receive-pack\n'),
    FLUSH,
    pktLine(`${first.sha} ${first.name}\0${CAPABILITIES}\n`),
    ...others.map(({ sha, name }) => pktLine(`${sha} ${name}\n`)),
    FLUSH,
  ])
}

/** Returns what a client gets that has pushed. */
export function pushReport(
  { capabilities, commands }: Pick<PushRequest, 'capabilities' | 'commands'>,
  { pack, refs }: PushOutcome,
): Buffer {
  if (!capabilities.has('report-status')) return Buffer.alloc(0)
  const report = Buffer.concat([
    pktLine(`unpack ${pack ?? 'ok'}\n`),
    ...commands.map(({ name }) => {
      const reason = refs.get(name) ?? null
      return pktLine(reason === null ? `ok ${name}\n` : `ng ${name} ${reason}\n`)
    }),
    FLUSH,
  ])
  return capabilities.has('side-band-64k') ? Buffer.concat([sideBand(1, report), FLUSH]) : report
}
