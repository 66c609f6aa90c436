// Prints all routes as JSON: those of the routers, and the procedures with their input as JSON schema. For tools that
// test the gateway from outside and must cover all of them.
import type { RequestHandler } from 'express'
import { z } from 'zod'
import { appRouter } from './admin-api/router.ts'
import { type ServerParts, surface } from './surface.ts'

/** A stand-in for every part, because wiring only requires that the parts exist. */
const anything: unknown = new Proxy(() => anything, { get: (_, name) => (name === 'then' ? undefined : anything) })

/** The part of an Express router that is used here. */
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
