import type { Job } from '../../lib/api.ts'
import { between, clock, duration, exact, useNow } from '../../lib/time.ts'
import { isOver } from '../../lib/words.ts'

const RUN_TONES: Readonly<Partial<Record<Job['status'], string>>> = {
  success: 'bg-good',
  failed: 'bg-bad',
  canceled: 'bg-line-strong',
}

/** A job's life as one bar: before it was queued, in the queue, running. */
export function TimeBar({ job }: { job: Job }) {
  const over = isOver(job.status)
  const now = useNow(!over)
  const ended = job.finishedAt
  const parts = [
    {
      name: 'Held back',
      ms: between(job.createdAt, job.queuedAt ?? ended, now) ?? 0,
      tone: 'bg-line',
    },
    { name: 'Queued', ms: between(job.queuedAt, job.startedAt ?? ended, now) ?? 0, tone: 'bg-warn/50' },
    { name: 'Ran', ms: between(job.startedAt, ended, now) ?? 0, tone: RUN_TONES[job.status] ?? 'bg-accent' },
  ].filter(({ ms }) => ms > 0)
  const whole = parts.reduce((sum, { ms }) => sum + ms, 0)
  const waited = between(job.queuedAt, job.startedAt ?? ended, now)
  const took = between(job.startedAt, ended, now)
  const moments = [
    ['Created', job.createdAt, null],
    ['Queued', job.queuedAt, job.status === 'scheduled' && job.scheduledAt ? `starts ${clock(job.scheduledAt)}` : null],
    ['Started', job.startedAt, waited === null ? null : `${job.startedAt ? 'waited' : 'waiting'} ${duration(waited)}`],
    ['Finished', ended, took === null ? null : `${ended ? 'took' : 'running'} ${duration(took)}`],
  ] as const
  return (
    <div>
      <div
        className="flex h-2 gap-px overflow-hidden rounded-full bg-raised"
        role="img"
        aria-label={parts.map(({ name, ms }) => `${name} ${duration(ms)}`).join(', ')}
      >
        {parts.map(({ name, ms, tone }) => (
          <span
            key={name}
            title={`${name} ${duration(ms)}`}
            className={`min-w-0.5 ${tone}`}
            style={{ flexGrow: Math.max(ms / whole, 0.005), flexBasis: 0 }}
          />
        ))}
      </div>
      <dl className="mt-2 grid grid-cols-2 gap-x-4 gap-y-1 sm:grid-cols-4">
        {moments.map(([name, at, meaning]) => (
          <div key={name} className="min-w-0">
            <dt className="label-caps">{name}</dt>
            <dd className="text-sm whitespace-nowrap">
              {at === null ? (
                meaning === null && <span className="text-soft">–</span>
              ) : (
                <time dateTime={at} title={exact(at)}>
                  {clock(at)}
                </time>
              )}
              {meaning && <span className={`text-soft max-sm:block ${at === null ? '' : 'sm:ml-2'}`}>{meaning}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
