import type { Fleet, Member } from './fleet.ts'
import type { Installation } from './installation.ts'
import type { Random } from './random.ts'
import type { Store } from './store.ts'

/** A fault begins, lasts for a while, and ends. Recovery is measured from its end. */
export interface Fault {
  /** Faults of one kind share a row of the table. */
  readonly kind: string
  /** A description for the history. */
  readonly what: string
  begin(): Promise<void> | void
  end(): Promise<void> | void
}

/** Returns one fault of each kind that applies to this installation; the gateway to hit is drawn at random. */
export function faultsOf({ fleet, stores }: Installation, random: Random): Fault[] {
  const faults = [...processFaults(fleet, random), ...networkFaults(fleet), ...stores.flatMap(storeFaults)]
  const [database] = stores
  if (database) faults.push(stoppedWhileHung(fleet, database, random))
  return faults
}

function processFaults(fleet: Fleet, random: Random): Fault[] {
  const hit = (kind: string, make: (member: Member) => Pick<Fault, 'begin' | 'end'>): Fault => {
    const member = random.pick(fleet.members)
    return { kind: `gateway ${kind}`, what: `${member.name} ${kind}`, ...make(member) }
  }
  const killed = (member: Member) => ({ begin: () => fleet.kill(member), end: () => fleet.launch(member) })
  return [
    hit('killed', killed),
    // Twice as often as the others, because it is the most common fault.
    hit('killed', killed),
    hit('stopped by SIGTERM', (member) => {
      let stopped: Promise<void> = Promise.resolve()
      return {
        begin() {
          stopped = fleet.terminate(member)
        },
        async end() {
          await stopped
          await fleet.launch(member)
        },
      }
    }),
    hit('hung', (member) => ({
      begin: () => member.gateway?.signal('SIGSTOP'),
      end: () => member.gateway?.signal('SIGCONT'),
    })),
  ]
}

function networkFaults({ balancer }: Fleet): Fault[] {
  return [
    {
      kind: 'connections of runners reset',
      what: 'all connections of runners reset',
      begin: () => balancer.reset(),
      end: () => undefined,
    },
    {
      kind: 'answers to runners lost',
      what: 'requests of runners arrive, the answers do not',
      begin() {
        balancer.mode = 'swallow answers'
        balancer.silence('answers')
      },
      end() {
        balancer.mode = 'pass'
        balancer.reset()
      },
    },
  ]
}

function storeFaults(store: Store): Fault[] {
  const { name, proxy } = store
  const fault = (how: string, parts: Pick<Fault, 'begin' | 'end'>): Fault => {
    return { kind: `${name} ${how}`, what: `${name} ${how}`, ...parts }
  }
  const unreachable = {
    begin() {
      proxy.mode = 'refuse'
      proxy.reset()
    },
    end() {
      proxy.mode = 'pass'
    },
  }
  return [
    // The S3 server has its objects in memory, so it is only made unreachable and keeps what it has accepted.
    ...(name === 'S3'
      ? [fault('killed', unreachable)]
      : [
          fault('killed', { begin: () => store.kill(), end: () => store.start() }),
          fault('restarted', { begin: () => store.stop(), end: () => store.start() }),
        ]),
    fault('hung', { begin: () => store.freeze(), end: () => store.thaw() }),
    fault('connections swallowed', {
      begin() {
        proxy.mode = 'swallow'
        proxy.silence()
      },
      end() {
        proxy.mode = 'pass'
      },
    }),
    fault('connections reset', { begin: () => proxy.reset(), end: () => undefined }),
  ]
}

/** A gateway must be able to stop while its database is silent. */
function stoppedWhileHung(fleet: Fleet, database: Store, random: Random): Fault {
  const member = random.pick(fleet.members)
  let stopped: Promise<void> = Promise.resolve()
  return {
    kind: 'gateway stopped while PostgreSQL hung',
    what: `${member.name} stopped by SIGTERM while PostgreSQL hung`,
    begin() {
      database.freeze()
      stopped = fleet.terminate(member)
    },
    async end() {
      database.thaw()
      await stopped
      await fleet.launch(member)
    },
  }
}
