import type { RequestHandler } from 'express'

const READING = ['GET', 'HEAD'] as const

/** The allowed methods of every path outside the runner protocol, which has a table of its own. */
const ALLOWED: readonly (readonly [path: RegExp, methods: readonly string[]])[] = [
  [/^\/trpc(?:\/|$)/, [...READING, 'POST']],
  [/^\/api\/(?:docs|(?:runner-)?openapi\.json)$/, READING],
  [/^\/download\//, READING],
  [/^\/(?:healthz|readyz|metrics)$/, READING],
  [/^\/(?:\.well-known\/openid-configuration|oauth\/discovery\/keys)$/, READING],
  [/^\/badge\//, READING],
  [/\.git\/info\/refs$/, READING],
  [/\.git\/git-(?:upload|receive)-pack$/, ['POST']],
  [/^\/sign-in$/, [...READING, 'POST']],
  [/^\/sign-out$/, ['POST']],
  [/^\/(?:assets\/.*)?$/, READING],
]

/** Refuses other methods with 405 and names the allowed ones, so that the handlers need not check. */
export const refuseOtherMethods: RequestHandler = (req, res, next) => {
  const methods = ALLOWED.find(([path]) => path.test(req.path))?.[1]
  if (!methods || methods.includes(req.method)) return next()
  res.setHeader('Allow', [...methods, 'OPTIONS'].join(', '))
  if (req.method === 'OPTIONS') return void res.status(204).end()
  res.status(405).json({ error: '405 Method Not Allowed' })
}
