import type { DomainError } from '@yardmaster/domain'
import { authorizeDownload, readArtifact } from '@yardmaster/domain/artifacts'
import type { RequestHandler } from 'express'
import { attachment } from '../http/attachment.ts'
import { sendBytes } from '../http/ranges.ts'
import { refuse, replyText } from '../http/reply.ts'
import { describeRequest } from '../log.ts'
import type { RunnerContext } from './context.ts'
import { boolean, parameters, pathId, text } from './parameters.ts'

/** How long a link to the object store is valid, as in the reference. */
const LINK_SECONDS = 600

export const downloadArtifactParameters = parameters({
  id: pathId,
  token: text,
  job_token: text,
  direct_download: boolean,
})

/** `GET /jobs/:id/artifacts`: sends a job's archive to another job. Protocol: `docs/protocol/artifacts.md 6`. */
export function downloadArtifactRoute({ services }: RunnerContext): RequestHandler {
  return async (req, res) => {
    const given = await downloadArtifactParameters.readQuery(req, res)
    if (!given) return
    describeRequest({ job: given.id })
    // A parameter is used instead of the header, even if it is wrong or empty.
    const parameter = given.token === undefined ? given.job_token : given.token
    const token = parameter === undefined ? req.get('JOB-TOKEN') : parameter
    const authorized = await authorizeDownload(services, { id: given.id, token })
    if (!authorized.ok) return refuse(res, authorized.error)
    const archive = authorized.value
    const { filename, size, createdAt: modifiedAt } = archive

    let error: DomainError = { kind: 'artifact_not_found' }
    const open = async (range: { start: number; end: number }) => {
      const read = await readArtifact(services, archive, range)
      if (read.ok) return read.value
      error = read.error
      return null
    }

    if (given.direct_download) {
      const address = await services.objects.link(archive.key, { filename, seconds: LINK_SECONDS })
      if (address !== null) {
        // The link to a missing file looks like any other, so the file is opened first.
        if (!(await open({ start: 0, end: 0 }))) return refuse(res, error)
        res.setHeader('Location', address)
        return replyText(res, 302, 'The archive is at the address in Location.')
      }
    }
    res.setHeader('Content-Type', 'application/octet-stream')
    res.setHeader('Content-Disposition', attachment(filename))
    res.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    res.setHeader('Content-Transfer-Encoding', 'binary')
    if (await sendBytes(req, res, { size, modifiedAt, owned: true }, open)) return
    res.removeHeader('Content-Disposition')
    res.removeHeader('Content-Transfer-Encoding')
    refuse(res, error)
  }
}
