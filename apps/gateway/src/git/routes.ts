import { once } from 'node:events'
import type { Services } from '@yardmaster/domain'
import { authorizeGit, type GitClient, type GitRefusal, receivePush } from '@yardmaster/domain/git'
import { awaitDelivery } from '@yardmaster/domain/hooks'
import type { FetchRequest, GitBusy, GitServer } from '@yardmaster/domain/ports'
import type { Project } from '@yardmaster/domain/projects'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { replyTextEarly } from '../http/early-refusal.ts'
import { replyJson } from '../http/reply.ts'
import { describeRequest } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { passwordIn } from './password.ts'
import { LineReader, MalformedLines } from './pkt-lines.ts'
import { pushAdvertisement, pushEnd, pushReport, remoteText, showsText } from './push-answer.ts'
import { pushNews } from './push-news.ts'
import { readPushRequest } from './push-request.ts'
import { bodyOf, UnreadableBody } from './request-body.ts'

interface GitParts {
  readonly services: Pick<
    Services,
    | 'projects'
    | 'projectTokens'
    | 'ownRepositories'
    | 'jobs'
    | 'gitServer'
    | 'hooks'
    | 'events'
    | 'policy'
    | 'background'
  >
  readonly metrics: Pick<Metrics, 'gitRequests' | 'gitAnswers' | 'gitBytes'>
  readonly isAdminToken: (token: string) => boolean
  readonly externalUrl: string
}

type Fetched = Awaited<ReturnType<GitServer['serveFetch']>>
type Refused = GitRefusal | Extract<Fetched, { ok: false }>['error'] | GitBusy

const MIB = 1_048_576
/** What a client has and wants, for a repository with hundreds of thousands of refs. */
const MOST_REQUEST_BYTES = 64 * MIB
/** What a client pushes; a smaller limit holds for the repository. */
const MOST_PUSHED_BYTES = 2 ** 45
/** The changes and options of a push. */
const MOST_COMMAND_BYTES = MIB
/** Milliseconds for which a client that has pushed waits for the pipeline. */
const NEWS_MS = 10_000
/** Seconds. */
const RETRY_AFTER = 30
const NO_LFS =
  'Yardmaster stores no LFS objects: let jobs clone from the address of the repository itself (clone: direct), or set lfs.url to a server that has the objects.'

/** Answers with text show it to people who use git, as `remote: …`. */
const ANSWERS: Readonly<Record<Refused['kind'], readonly [status: number, sentence: string]>> = {
  git_unauthenticated: [401, 'Give a token of the project, of an administrator or of a running job as the password.'],
  git_hidden: [404, 'There is no such project, or the password is not for it.'],
  git_read_only: [403, 'This password may read the repository and not write to it.'],
  git_busy: [503, 'Too many clients are being served: try again in a while.'],
  repository_missing: [404, 'The project has no repository yet.'],
  repository_unavailable: [503, 'The repository is not available.'],
  commit_not_found: [404, 'The repository no longer has the commit of the job.'],
}

/** `/<project path>.git/…`: git over HTTP (`docs/operations.md#git-over-http`). */
export function git(parts: GitParts): Router {
  const router = Router({ caseSensitive: true })
  router.get('/*path.git/info/refs', listRefs(parts))
  router.post('/*path.git/git-upload-pack', sendObjects(parts))
  router.post('/*path.git/git-receive-pack', receiveObjects(parts))
  // Git follows this, because nothing but an address without its end can be meant.
  router.get('/*path/info/refs', (req, res, next) => {
    const { service } = req.query
    if (service !== 'git-upload-pack' && service !== 'git-receive-pack') return next()
    res.redirect(
      301,
      `${parts.externalUrl}/${req.params.path.map(encodeURIComponent).join('/')}.git/info/refs?service=${service}`,
    )
  })
  router.all('/*path.git/info/lfs/*rest', (_req, res) =>
    replyJson(res, 501, { message: NO_LFS }, 'application/vnd.git-lfs+json'),
  )
  return router
}

type ProjectPath = { path: string[] }

function listRefs(parts: GitParts): RequestHandler<ProjectPath> {
  return async (req, res) => {
    const { service } = req.query
    const client = await authorize(parts, req, res, service === 'git-receive-pack' ? 'write' : 'read')
    if (!client) return
    if (service === 'git-receive-pack') return await showRefsToPush(parts, req, res, client)
    if (service === undefined)
      return refuseText(req, res, 403, 'This server speaks git’s smart protocol only: use git 1.6.6 or newer.')
    if (service !== 'git-upload-pack') return refuseText(req, res, 403, 'There is no such service.')
    const protocol = protocolOf(req)
    const isNew = protocol?.split(':').includes('version=2') ?? false
    const head = isNew ? '' : `001e# service=${service}\n0000`
    await serveFetch(parts, req, res, { client, service, body: null, protocol, head, kind: 'advertisement' })
  }
}

function sendObjects(parts: GitParts): RequestHandler<ProjectPath> {
  return async (req, res) => {
    const service = 'git-upload-pack'
    const client = await authorize(parts, req, res, 'read')
    if (!client) return
    if (req.headers['content-type'] !== `application/x-${service}-request`) {
      return refuseText(req, res, 415, `The content type has to be application/x-${service}-request.`)
    }
    const body = bodyOf(req, MOST_REQUEST_BYTES)
    if (!body) return refuseText(req, res, 415, 'The body may be packed with gzip, and in no other way.')
    await serveFetch(parts, req, res, { client, service, body, protocol: protocolOf(req), head: '', kind: 'result' })
  }
}

/** Shows the refs to a client that is about to push. */
async function showRefsToPush(
  { services }: GitParts,
  req: Request,
  res: Response,
  { project }: GitClient,
): Promise<void> {
  if (project.repository !== null || isUnknown(project)) return refuseText(req, res, 403, NOT_OURS)
  const refs = pushAdvertisement(await services.ownRepositories.find(project.id), services.policy.maxRunBytes)
  res.writeHead(200, { 'Content-Type': 'application/x-git-receive-pack-advertisement', 'Cache-Control': 'no-cache' })
  res.end(refs)
}

function receiveObjects(parts: GitParts): RequestHandler<ProjectPath> {
  return async (req, res) => {
    const service = 'git-receive-pack'
    const client = await authorize(parts, req, res, 'write')
    if (!client) return
    const { project, user } = client
    if (project.repository !== null || isUnknown(project)) return refuseText(req, res, 403, NOT_OURS)
    if (req.headers['content-type'] !== `application/x-${service}-request`) {
      return refuseText(req, res, 415, `The content type has to be application/x-${service}-request.`)
    }
    const body = bodyOf(req, MOST_PUSHED_BYTES)
    if (!body) return refuseText(req, res, 415, 'The body may be packed with gzip, and in no other way.')
    const gone = new AbortController()
    res.on('close', () => gone.abort())
    res.on('finish', () => parts.metrics.gitRequests.inc({ service: 'receive-pack', status: res.statusCode }))
    try {
      const reader = new LineReader(body, MOST_COMMAND_BYTES)
      const request = await readPushRequest(reader)
      const begin = () =>
        res.writeHead(200, { 'Content-Type': `application/x-${service}-result`, 'Cache-Control': 'no-cache' })
      const answer = (bytes: Buffer): void => void begin().end(bytes)
      // Before a long push, git asks whether its password is right.
      const { commands, capabilities, options, refusal } = request
      if (commands.length === 0) return answer(Buffer.alloc(0))
      if (refusal !== null) {
        const refs = new Map(commands.map(({ name }) => [name, 'unpacker error']))
        return answer(Buffer.concat([pushReport(request, { pack: refusal, refs }), pushEnd(request)]))
      }
      const received = await receivePush(parts.services, project, {
        changes: commands,
        isAtomic: capabilities.has('atomic'),
        ...{ options, user },
        pack: reader.rest(),
        signal: gone.signal,
      })
      if (!received.ok) return refuseGit(req, res, received.error)
      begin().write(pushReport(request, received.value))
      const { deliveryId } = received.value
      if (deliveryId !== null && showsText(request)) {
        const { background } = parts.services
        const delivery = await awaitDelivery(parts.services, deliveryId, {
          mostMs: NEWS_MS,
          signal: gone.signal,
        }).catch((error: unknown) => {
          background.report('tell what came of a push', error)
          return null
        })
        if (delivery) res.write(remoteText(pushNews(delivery, parts.externalUrl)))
      }
      res.end(pushEnd(request))
    } catch (error) {
      if (error instanceof MalformedLines) return refuseText(req, res, 400, `${error.message}.`)
      refuseBody(req, res, error)
    }
  }
}

async function authorize(
  { services, isAdminToken }: GitParts,
  req: Request<ProjectPath>,
  res: Response,
  wants: 'read' | 'write',
): Promise<GitClient | null> {
  const path = req.params.path.join('/')
  const authorized = await authorizeGit(
    services,
    { path, password: passwordIn(req.headers.authorization), wants },
    isAdminToken,
  )
  if (authorized.ok) {
    const { job } = authorized.value
    if (job) describeRequest({ job: job.id })
    return authorized.value
  }
  refuseGit(req, res, authorized.error)
  return null
}

interface Serving {
  readonly client: GitClient
  readonly service: string
  readonly body: AsyncIterable<Uint8Array> | null
  readonly protocol: string | null
  /** Comes before what git says. */
  readonly head: string
  readonly kind: 'advertisement' | 'result'
}

/** Returns whether a project may have an address that can no longer be read. */
const isUnknown = ({ damaged }: Project): boolean => damaged.includes('repoUrl') || damaged.includes('repository')

async function serveFetch(
  { services, metrics }: GitParts,
  req: Request,
  res: Response,
  { client: { project, job }, service, body, protocol, head, kind }: Serving,
): Promise<void> {
  if (isUnknown(project)) return refuseText(req, res, 503, DAMAGED)
  const gone = new AbortController()
  const onClose = () => gone.abort()
  res.on('close', onClose)
  res.on('finish', () => metrics.gitRequests.inc({ service: service.slice('git-'.length), status: res.statusCode }))
  const pipeline: FetchRequest['pipeline'] = job?.sha ? { id: job.pipelineId, sha: job.sha } : null
  metrics.gitAnswers.inc()
  try {
    const served = await services.gitServer.serveFetch(
      project,
      { body, protocol, pipeline, signal: gone.signal },
      async (answer) => {
        let isBegun = false
        for await (const chunk of answer) {
          if (!isBegun) {
            res.writeHead(200, { 'Content-Type': `application/x-${service}-${kind}`, 'Cache-Control': 'no-cache' })
            if (head !== '') res.write(head)
            isBegun = true
          }
          metrics.gitBytes.inc(chunk.length)
          if (!res.write(chunk)) await Promise.race([once(res, 'drain'), once(res, 'close')])
          if (res.closed) return
        }
      },
    )
    if (res.headersSent) {
      // An answer that breaks off must not look complete.
      if (served.ok) res.end()
      else res.destroy()
    } else if (served.ok) refuseText(req, res, 400, 'The request is not what git sends.')
    else refuseGit(req, res, served.error)
  } catch (error) {
    refuseBody(req, res, error)
  } finally {
    res.off('close', onClose)
    metrics.gitAnswers.dec()
  }
}

function refuseBody(req: Request, res: Response, error: unknown): void {
  if (!(error instanceof UnreadableBody)) throw error
  if (error.because === 'gone' || res.headersSent) return void res.destroy()
  const [status, sentence] = UNREADABLE[error.because]
  refuseText(req, res, status, sentence)
}

const DAMAGED = 'The stored address of the repository can no longer be read: it has to be set again.'
const NOT_OURS = 'The repository of this project is kept elsewhere: push to its own address.'
const UNREADABLE = {
  too_large: [413, 'The request is too large.'],
  too_slow: [408, 'The request arrived too slowly.'],
  malformed: [400, 'The body is not what gzip makes.'],
} as const

/** The header that git sends from 2.18 on. */
function protocolOf(req: Request): string | null {
  const given = req.headers['git-protocol']
  return typeof given === 'string' ? given : null
}

function refuseGit(req: Request, res: Response, error: Refused): void {
  const [status, sentence] = ANSWERS[error.kind]
  if (status === 401) res.setHeader('WWW-Authenticate', 'Basic realm="Yardmaster", charset="UTF-8"')
  if (status === 503) res.setHeader('Retry-After', RETRY_AFTER)
  refuseText(req, res, status, error.kind === 'repository_unavailable' ? error.reason : sentence)
}

function refuseText(req: Request, res: Response, status: number, sentence: string): void {
  if (res.closed) return
  replyTextEarly(req, res, status, `${sentence}\n`)
}
