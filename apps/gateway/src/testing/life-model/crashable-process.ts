import { setTimeout as pause } from 'node:timers/promises'
import { openServices, type Services } from '@yardmaster/domain'
import { traceAppender } from '@yardmaster/domain/execution'
import { noRepositories, steadyClock } from '@yardmaster/domain/testing'
import type { Wires } from './outside.ts'

/** Thrown by every call of a dead process. */
class Crashed extends Error {}

/** Returns whether a process or its database connection died, so that the outcome of the call is unknown. */
export function isCutOff(error: unknown): boolean {
  if (error instanceof Crashed) return true
  const { code, message } = error as { code?: unknown; message?: unknown }
  return code === '57P01' || (typeof message === 'string' && BROKEN.test(message))
}

const BROKEN = /^Connection terminated|^Client has encountered a connection error/

/** The services that the life of jobs needs. */
type LifeServices = Pick<
  Services,
  | 'runners'
  | 'projects'
  | 'settings'
  | 'jobs'
  | 'pipelines'
  | 'resourceGroups'
  | 'retention'
  | 'traces'
  | 'artifacts'
  | 'usage'
  | 'signingKeys'
  | 'configs'
  | 'repositories'
  | 'events'
  | 'scratch'
  | 'objects'
  | 'contacts'
  | 'background'
  | 'policy'
  | 'quotas'
  | 'clock'
>

/** A gateway process that can die between any two calls to the outside. */
export interface CrashableProcess extends AsyncDisposable {
  readonly services: LifeServices
  readonly append: ReturnType<typeof traceAppender>['append']
  readonly isDead: boolean
  /**
   * Makes it die at its `calls`-th call from now, counting only calls of `name` if given. With `carriedOut` it dies
   * after the call took effect and before the answer, otherwise before the call. Its other calls under way are cut off
   * too.
   */
  dieAt(calls: number, carriedOut: boolean, name?: string): void
}

type SharedPorts = Omit<
  LifeServices,
  'events' | 'scratch' | 'repositories' | 'contacts' | 'background' | 'quotas' | 'clock'
>

/** Delays an answer now and then, so that it may be out of date. */
async function linger<T>(answer: T): Promise<T> {
  if (Math.random() < 0.08) await pause(Math.random() * 12)
  return answer
}

/**
 * @param wires - belong to the process and close with it.
 * @param report - receives failures of background work, except for those caused by a death.
 */
export function startCrashableProcess(
  shared: SharedPorts,
  wires: Wires,
  report: (name: string, error: unknown) => void,
): CrashableProcess {
  let isDead = false
  let left: number | null = null
  let counted: string | undefined
  let afterCall = false

  function alive<T>(answer: T): T {
    if (isDead) throw new Crashed()
    return answer
  }

  function call(name: string | symbol, work: () => unknown): unknown {
    alive(null)
    if (left !== null && (counted === undefined || counted === name)) left -= 1
    isDead = left === 0
    if (isDead && !afterCall) throw new Crashed()
    const answer = work()
    return answer instanceof Promise ? answer.then(linger).then(alive) : alive(answer)
  }

  const mortal = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...given: unknown[]) => call(name, () => Reflect.apply(member, target, given))
      },
    })

  const services: LifeServices = openServices(
    {
      runners: mortal(shared.runners),
      projects: mortal(shared.projects),
      settings: mortal(shared.settings),
      jobs: mortal(shared.jobs),
      pipelines: mortal(shared.pipelines),
      resourceGroups: mortal(shared.resourceGroups),
      retention: mortal(shared.retention),
      traces: mortal(shared.traces),
      artifacts: mortal(shared.artifacts),
      usage: mortal(shared.usage),
      signingKeys: mortal(shared.signingKeys),
      // Nothing outside: it compiles in this process.
      configs: shared.configs,
      repositories: noRepositories,
      // These never reject, and nothing in them is durable.
      events: wires.events,
      scratch: wires.scratch,
      objects: mortal(shared.objects),
      clock: steadyClock(),
    },
    shared.policy,
    (name, error) => {
      if (!isCutOff(error)) report(name, error)
    },
  )
  return {
    services,
    append: traceAppender(services).append,
    get isDead() {
      return isDead
    },
    dieAt(calls, carriedOut, name) {
      left = calls
      counted = name
      afterCall = carriedOut
    },
    async [Symbol.asyncDispose]() {
      await services.background.settle()
      await wires[Symbol.asyncDispose]()
    },
  }
}
