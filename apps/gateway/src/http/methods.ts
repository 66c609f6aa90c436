import type { RequestHandler } from 'express'

const READING = ['GET', 'HEAD'] as const

/** Paths beside the runner protocol, which has a table of its own, and the methods that each is for. */
const ALLOWED: readonly (readonly [path: RegExp, methods: readonly string[]])[] = [
  [/^\/trpc(?:\/|$)/, [...READING, 'POST']],
  [/^\/api\/(?:docs|(?:runner-)?openapi\.json)$/, READING],
  [/^\/download\//, READING],
  [/^\/(?:healthz|readyz|metrics)$/, READING],
  [/^\/sign-in$/, [...READING, 'POST']],
  [/^\/sign-out$/, ['POST']],
  [/^\/(?:assets\/.*)?$/, READING],
]

/** Refuses methods that a path is not for with 405, and says which it is for: whatever stands behind need not know them. */
export const refuseOtherMethods: RequestHandler = (req, res, next) => {
  const methods = ALLOWED.find(([path]) => path.test(req.path))?.[1]
  if (!methods || methods.includes(req.method)) return next()
  res.setHeader('Allow', [...methods, 'OPTIONS'].join(', '))
  if (req.method === 'OPTIONS') return void res.status(204).end()
  res.status(405).json({ error: '405 Method Not Allowed' })
}
