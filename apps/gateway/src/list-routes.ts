// Prints every route there is as JSON: what the routers hold, and the procedures with their input as JSON schema. For tools
// that speak to the gateway from outside and must not forget one.
import type { RequestHandler } from 'express'
import { z } from 'zod'
import { appRouter } from './admin-api/router.ts'
import { type ServerParts, surface } from './surface.ts'

/** Stands for everything: wiring asks of its parts nothing but that they are there. */
const anything: unknown = new Proxy(() => anything, { get: (_, name) => (name === 'then' ? undefined : anything) })

/** What is looked at of an Express router. */
interface Layer {
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> }
}

const stackOf = (handler: object): readonly Layer[] => ('stack' in handler ? (handler.stack as Layer[]) : [])

const routesOf = (at: string, handler: RequestHandler) =>
  stackOf(handler).flatMap(({ route }) =>
    route && typeof route.path === 'string'
      ? Object.keys(route.methods).map((method) => ({
          method: method === '_all' ? 'ALL' : method.toUpperCase(),
          path: (at === '/' ? '' : at) + route.path,
        }))
      : [],
  )

const mounted = Object.values(surface(anything as ServerParts, ''))
const routes = mounted.flatMap(({ at, handlers }) => handlers.flatMap((handler) => routesOf(at, handler)))
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, { _def: unknown }>).map(
  ([name, { _def }]) => ({
    name,
    kind: (_def as { type: string }).type,
    input: (_def as { inputs?: readonly z.ZodType[] }).inputs?.map((schema) =>
      z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }),
    )[0],
  }),
)
console.log(JSON.stringify({ routes, procedures }))
