import { type Background, runInBackground } from './background.ts'
import { Issuer } from './id-tokens/issuer.ts'
import { type Load, rememberLoad } from './overview/load.ts'
import type { Ports } from './ports.ts'
import { settlePipelines } from './processing/settle-pipelines.ts'
import { openQuotas, type Quotas } from './projects/quotas.ts'
import { type Contacts, collectContacts } from './runners/contacts.ts'
import type { Policy } from './settings.ts'
import { indexLines, type LineIndexes } from './traces/line-indexes.ts'
import { rememberUsage } from './usage/remember-usage.ts'

/** What use cases work with: the ports, and the state about them that this process keeps in memory. */
export interface Services extends Ports {
  readonly policy: Policy
  readonly contacts: Contacts
  readonly lines: LineIndexes
  readonly quotas: Quotas
  readonly issuer: Issuer
  /** What waits and who could work; at most a second old, unless there is very much of it. */
  readonly load: () => Promise<Load>
  readonly background: Background
}

/**
 * Opens the services over the given ports, once per process; the product and all tests do this here.
 *
 * @param report - receives failures that no caller waits for, with the name of the task.
 */
export function openServices<Outside extends NeededByServices>(
  outside: Outside,
  policy: Policy,
  report: (name: string, error: unknown) => void,
): Outside & Omit<Services, keyof Ports> {
  const background = runInBackground(report)
  return {
    ...outside,
    jobs: settlePipelines(outside.jobs, { ...outside, background }),
    usage: rememberUsage(outside.usage),
    policy,
    contacts: collectContacts(outside.runners, outside.clock.now),
    lines: indexLines(outside),
    quotas: openQuotas(outside.usage),
    issuer: new Issuer(outside),
    load: rememberLoad(outside),
    background,
  }
}

type NeededByServices = Pick<
  Ports,
  'jobs' | 'pipelines' | 'events' | 'runners' | 'traces' | 'objects' | 'usage' | 'signingKeys' | 'clock'
>
