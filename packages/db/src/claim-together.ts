import type { Claim, ClaimOutcome, JobStore } from '@yardmaster/domain/ports'
import { kindOfSearch } from '@yardmaster/domain/queue'
import { claimJobs } from './claim.ts'
import type { Database } from './database.ts'
import type { SecretBox } from './secrets.ts'

/** Claims that one statement makes at most: half of the candidates that it sees, so that two processes find enough. */
const MOST_TOGETHER = 16
/** Statements at a time: few where there are ten connections, and other requests must not be blocked. */
const AT_ONCE = 6

interface Asked {
  readonly claim: Claim
  readonly resolve: (outcome: ClaimOutcome) => void
  readonly reject: (error: unknown) => void
}

/** Returns a key of what decides which jobs fit, and in which order: claims with the same key can be made together. */
const kindOfClaim = ({ runner, jobAge, fairScheduling, archiveAfter }: Claim): string =>
  JSON.stringify([kindOfSearch(runner, jobAge), fairScheduling, archiveAfter])

/**
 * Implements `JobStore.claim`. Claims of one kind that come while another one is under way share the next statement, in
 * their order of arrival: it chooses among the same jobs for all of them, and a job waits for the first only.
 */
export function claimTogether(db: Database, secrets: SecretBox): JobStore['claim'] {
  /** What waits, by kind; a kind under way is there even when nothing waits. */
  const kinds = new Map<string, Asked[]>()
  /** Kinds of which something waits and nothing is under way, in the order in which they may begin. */
  const ready = new Set<string>()
  let running = 0

  async function claimNext(waiting: Asked[]): Promise<void> {
    const together = waiting.splice(0, MOST_TOGETHER)
    const [first, ...others] = together.map(({ claim }) => claim)
    if (!first) return
    try {
      const outcomes = await claimJobs(db, secrets, [first, ...others])
      const again: Asked[] = []
      for (const [index, outcome] of outcomes.entries()) {
        const asked = together[index]
        if (!asked) continue
        if (outcome.status === 'rejected') asked.reject(outcome.reason)
        else if (outcome.value.kind === 'again') again.push(asked)
        else asked.resolve(outcome.value)
      }
      waiting.unshift(...again)
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }

  function goOn(): void {
    for (const kind of ready) {
      if (running >= AT_ONCE) return
      const waiting = kinds.get(kind) ?? []
      ready.delete(kind)
      running += 1
      void claimNext(waiting).finally(() => {
        running -= 1
        if (waiting.length > 0) ready.add(kind)
        else kinds.delete(kind)
        goOn()
      })
    }
  }

  return (claim) =>
    new Promise((resolve, reject) => {
      const kind = kindOfClaim(claim)
      const asked = { claim, resolve, reject }
      const waiting = kinds.get(kind)
      if (waiting) waiting.push(asked)
      else {
        kinds.set(kind, [asked])
        ready.add(kind)
      }
      goOn()
    })
}
