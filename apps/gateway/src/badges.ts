import { createHash } from 'node:crypto'
import type { Services } from '@yardmaster/domain'
import type { JobStatus } from '@yardmaster/domain/jobs'
import { type Badge, readBadge } from '@yardmaster/domain/pipelines'
import { makeBadge } from 'badge-maker'
import { Router } from 'express'
import { z } from 'zod'
import type { Authenticator } from './access/authenticator.ts'
import { line, Ref } from './admin-api/inputs.ts'
import { refuseAdmin } from './http/reply.ts'

const Path = line(255)
const Question = z.object({ ref: Ref.optional(), kind: z.enum(['pipeline', 'coverage']).default('pipeline') })

/** A page with badges is opened often, and half a minute is soon enough for what they say. */
const CACHE = 'public, max-age=30'
/** An image needs no more than its own styles, also when a browser opens it as a page. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

/**
 * `GET /badge/<project path>.svg`: shows the state of a ref as an image, for pages of other servers
 * (`docs/operations.md#badges`). A caller who may not see a badge gets the answer for an unknown address.
 */
export function badges(
  services: Pick<Services, 'projects' | 'pipelines'>,
  authenticator: Pick<Authenticator, 'access'>,
): Router {
  const router = Router({ caseSensitive: true })
  router.get('/*path', async (req, res, next) => {
    const path = Path.safeParse(/^(.+)\.svg$/s.exec(req.params.path.join('/'))?.[1])
    const project = path.success ? await services.projects.findByPath(path.data) : null
    if (!project) return next()
    if (!project.publicBadges && (await authenticator.access(req)).kind === 'nobody') return next()
    const { data: question, error } = Question.safeParse(req.query)
    if (!question) {
      const fields = error.issues.map(({ path: [name], message }) => ({ path: String(name), message }))
      return refuseAdmin(res, { kind: 'input_invalid', fields })
    }
    const { ref = project.defaultBranch, kind } = question
    const badge = await readBadge(services, { projectId: project.id, ref })
    const image = kind === 'pipeline' ? pipelineBadge(badge) : coverageBadge(badge)
    res.set({
      'Content-Type': 'image/svg+xml',
      'Content-Security-Policy': POLICY,
      'Cache-Control': project.publicBadges ? CACHE : 'private, no-cache',
      ETag: `"${createHash('sha256').update(image).digest('hex').slice(0, 32)}"`,
    })
    if (req.fresh) return void res.status(304).end()
    res.send(image)
  })
  return router
}

const GOOD = 'brightgreen'
const BUSY = 'blue'
const BAD = 'red'
const NEUTRAL = 'lightgrey'

const STATUSES: Readonly<Record<JobStatus, readonly [words: string, color: string]>> = {
  success: ['passed', GOOD],
  failed: ['failed', BAD],
  running: ['running', BUSY],
  canceling: ['canceling', BUSY],
  pending: ['pending', 'yellow'],
  preparing: ['preparing', 'yellow'],
  waiting_for_resource: ['waiting for resource', 'yellow'],
  scheduled: ['scheduled', NEUTRAL],
  created: ['created', NEUTRAL],
  manual: ['manual', NEUTRAL],
  canceled: ['canceled', NEUTRAL],
  skipped: ['skipped', NEUTRAL],
}

function pipelineBadge({ status }: Badge): string {
  const [message, color] = status === null ? ['unknown', NEUTRAL] : STATUSES[status]
  return makeBadge({ label: 'pipeline', message, color })
}

/** The least coverage, in percent, for each colour, as in GitLab. */
const COVERAGES = [
  [95, GOOD],
  [90, 'green'],
  [75, 'yellow'],
] as const

function coverageBadge({ coverage }: Badge): string {
  if (coverage === null) return makeBadge({ label: 'coverage', message: 'unknown', color: NEUTRAL })
  const color = COVERAGES.find(([least]) => coverage >= least)?.[1] ?? BAD
  return makeBadge({ label: 'coverage', message: `${coverage.toFixed(2)}%`, color })
}
