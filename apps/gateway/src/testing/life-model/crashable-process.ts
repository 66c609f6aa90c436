import { setTimeout as pause } from 'node:timers/promises'
import { openServices, type Services, traceAppender } from '@yardmaster/domain'
import { steadyClock } from '@yardmaster/domain/testing'
import type { Wires } from './outside.ts'

/** What a dead process meets wherever it turns. */
class Crashed extends Error {}

/** A process died, or its connection to the database: whoever asked does not know what became of it. */
export function isCutOff(error: unknown): boolean {
  if (error instanceof Crashed) return true
  const { code, message } = error as { code?: unknown; message?: unknown }
  return code === '57P01' || (typeof message === 'string' && BROKEN.test(message))
}

const BROKEN = /^Connection terminated|^Client has encountered a connection error/

/** What the life of jobs needs of the outside. */
type LifeServices = Pick<
  Services,
  | 'runners'
  | 'projects'
  | 'settings'
  | 'jobs'
  | 'traces'
  | 'artifacts'
  | 'usage'
  | 'events'
  | 'scratch'
  | 'objects'
  | 'contacts'
  | 'background'
  | 'policy'
  | 'quotas'
  | 'clock'
>

/** A gateway process that can die between any two things it asks of the outside. */
export interface CrashableProcess extends AsyncDisposable {
  readonly services: LifeServices
  readonly append: ReturnType<typeof traceAppender>['append']
  readonly isDead: boolean
  /**
   * Dies at its `calls`-th call from now, or of this name: with `asked`, after it was carried out and before its answer
   * came; otherwise before it was made. All else it has under way is cut off at the same moment.
   */
  dieAt(calls: number, asked: boolean, name?: string): void
}

type SharedPorts = Pick<
  LifeServices,
  'runners' | 'projects' | 'settings' | 'jobs' | 'traces' | 'artifacts' | 'usage' | 'objects' | 'policy'
>

/** Now and then an answer takes a while, so that what it says is no longer so. */
async function linger<T>(answer: T): Promise<T> {
  if (Math.random() < 0.08) await pause(Math.random() * 12)
  return answer
}

/**
 * @param wires - its own: they close with it.
 * @param report - hears of failures of background work that no death explains.
 */
export function startCrashableProcess(
  shared: SharedPorts,
  wires: Wires,
  report: (name: string, error: unknown) => void,
): CrashableProcess {
  let isDead = false
  let left: number | null = null
  let counted: string | undefined
  let carriedOut = false

  function alive<T>(answer: T): T {
    if (isDead) throw new Crashed()
    return answer
  }

  function call(name: string | symbol, work: () => unknown): unknown {
    alive(null)
    if (left !== null && (counted === undefined || counted === name)) left -= 1
    isDead = left === 0
    if (isDead && !carriedOut) throw new Crashed()
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
      traces: mortal(shared.traces),
      artifacts: mortal(shared.artifacts),
      usage: mortal(shared.usage),
      // These never reject, and nothing in them lasts.
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
    dieAt(calls, asked, name) {
      left = calls
      counted = name
      carriedOut = asked
    },
    async [Symbol.asyncDispose]() {
      await services.background.settle()
      await wires[Symbol.asyncDispose]()
    },
  }
}
