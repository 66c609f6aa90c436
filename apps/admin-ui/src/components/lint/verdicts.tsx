import { useState } from 'react'
import type { Lint } from '../../lib/api.ts'
import { Chip } from '../ui/chip.tsx'
import { Select } from '../ui/field.tsx'
import { LineLink, type Places } from './faults.tsx'

type Verdict = Lint['jobs'][number]

const SHOWN = {
  all: 'All jobs',
  in: 'Jobs of the pipeline',
  out: 'Jobs left out',
} as const
type Shown = keyof typeof SHOWN

/** Which jobs a pipeline would have, by stage, and why. */
export function Verdicts({ lint, places }: { lint: Lint; places: Places }) {
  const [shown, setShown] = useState<Shown>('all')
  const jobs = lint.jobs.filter(({ included }) => shown === 'all' || included === (shown === 'in'))
  const stages = lint.stages.flatMap((stage) => {
    const members = jobs.filter((job) => job.stage === stage)
    return members.length > 0 ? [{ stage, members }] : []
  })
  return (
    <div className="grid gap-4">
      {lint.workflowRules.length > 0 && (
        <section
          aria-label="Rules of the workflow"
          className="rounded-lg border border-line bg-panel px-3 py-2 text-sm"
        >
          <h2 className="mb-1 text-sm font-semibold">Workflow</h2>
          <Rules rules={lint.workflowRules} places={places} />
        </section>
      )}
      {lint.jobs.length > 0 && (
        <div className="w-48">
          <Select aria-label="Show" value={shown} onChange={({ target }) => setShown(target.value as Shown)}>
            {Object.entries(SHOWN).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </Select>
        </div>
      )}
      {stages.map(({ stage, members }) => (
        <section key={stage} aria-label={`Stage ${stage}`}>
          <h2 className="label-caps mb-1.5">
            {stage} <span className="font-normal">· {members.length}</span>
          </h2>
          <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-panel">
            {members.map((job) => (
              <li key={job.name} className="px-3 py-2 text-sm">
                <JobVerdict job={job} places={places} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {lint.jobs.length > 0 && jobs.length === 0 && <p className="text-sm text-soft">There are no such jobs.</p>}
    </div>
  )
}

const WHEN_WORDS: Readonly<Record<string, string>> = {
  manual: 'manual',
  delayed: 'delayed',
  on_failure: 'after a failure',
  always: 'always',
}

function JobVerdict({ job, places }: { job: Verdict; places: Places }) {
  const when = job.when === null ? undefined : WHEN_WORDS[job.when]
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span
          className={`w-9 shrink-0 rounded text-center text-xs leading-5 font-medium ${job.included ? 'bg-accent-wash text-accent' : 'bg-raised text-soft'}`}
        >
          {job.included ? 'In' : 'Out'}
        </span>
        <span className={`min-w-0 font-medium break-words ${job.included ? '' : 'text-soft'}`}>{job.name}</span>
        {job.kind === 'trigger' && <Chip>child pipeline</Chip>}
        {when && <Chip>{when}</Chip>}
        {job.allowFailure && <Chip>may fail</Chip>}
        {job.needs !== null && (
          <span className="min-w-0 text-xs break-words text-soft">
            {job.needs.length === 0 ? 'needs nothing' : `needs ${job.needs.join(', ')}`}
          </span>
        )}
      </div>
      <p className="mt-1 text-xs break-words text-soft">{job.reason}</p>
      {job.rules.length > 0 && (
        <details className="mt-1">
          <summary className="w-fit text-xs text-soft">
            {job.rules.length === 1 ? '1 rule' : `${job.rules.length} rules`}
          </summary>
          <Rules rules={job.rules} places={places} />
        </details>
      )}
    </>
  )
}

const outcomeOf = (matched: boolean | null): string =>
  matched === null ? 'not looked at' : matched ? 'matches' : 'does not match'

/** What became of each rule. */
function Rules({ rules, places }: { rules: Verdict['rules']; places: Places }) {
  return (
    <ol className="mt-1 grid gap-1 border-l-2 border-line pl-3 text-xs">
      {rules.map((rule) => (
        <li key={rule.number} className="flex items-baseline gap-2">
          <span className={`shrink-0 ${rule.matched ? 'font-medium' : 'text-soft'}`}>
            {rule.number}. {outcomeOf(rule.matched)}
          </span>
          <span className="min-w-0 flex-1 break-words text-soft">{rule.matched !== null && rule.reason}</span>
          {rule.line !== null && <LineLink file={rule.file} line={rule.line} places={places} />}
        </li>
      ))}
    </ol>
  )
}
