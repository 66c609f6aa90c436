import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Job } from '../../lib/api.ts'
import { setBroken } from '../../lib/live.ts'
import { day } from '../../lib/time.ts'
import { useVisible } from '../../lib/visibility.ts'
import { isOver, JOB_STATUS_WORDS } from '../../lib/words.ts'
import { useFailureQuote } from '../jobs/failure-quote.tsx'
import { Button } from '../ui/button.tsx'
import { CopyIcon, DownIcon } from '../ui/icons.tsx'
import { copyText } from '../ui/secret.tsx'
import { toast } from '../ui/toast.tsx'
import { useBrowserKeys } from './browser-keys.ts'
import { useKeptFocus } from './kept-focus.ts'
import { useLogKeys } from './keys.ts'
import { readRange, writeRange } from './line-range.ts'
import { Lines } from './lines.tsx'
import { LogView, MOST_COPIED } from './log-view.ts'
import { keepPreferences, type Preferences, readPreferences } from './preferences.ts'
import { SlowestSections } from './slowest-sections.tsx'
import { useThrottled } from './throttled.ts'
import { Toolbar } from './toolbar.tsx'

/** A job's whole log: the lines it has, and new ones as they arrive. */
export function LogPanel({ job }: { job: Job }) {
  // An erased log counts as a different, empty log.
  const isEmpty = isOver(job.status) && job.traceSize === 0
  return <OpenLog key={`${job.id} ${isEmpty}`} job={job} />
}

function OpenLog({ job }: { job: Job }) {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const navigate = useNavigate()
  const [view] = useState(() => new LogView({ jobId: job.id, range: readRange(hash) }))
  const [preferences, setPreferences] = useState(readPreferences)
  const [full, setFull] = useState(false)
  const panel = useRef<HTMLElement>(null)
  useKeptFocus(panel, full)
  const visible = useVisible()
  const over = useRef(false)
  over.current = isOver(job.status)

  useEffect(() => {
    if (!visible) return
    view.log.start(!over.current)
    return () => view.stop()
  }, [view, visible])
  useEffect(() => view.show(readRange(hash)), [view, hash])
  const quoted = useFailureQuote(job).data?.lines ?? []
  const failure = quoted.at(-1)?.number
  useEffect(() => {
    if (failure !== undefined) view.openAt(failure)
  }, [view, failure])
  const hasFailed = job.status === 'failed'
  useEffect(() => {
    view.failed = hasFailed
    view.redraw()
  }, [view, hasFailed])
  useEffect(() => () => setBroken('log', false), [])

  const prefer = (wanted: Preferences) => {
    keepPreferences(wanted)
    setPreferences(wanted)
  }
  const toLog = () => panel.current?.querySelector<HTMLElement>('[role="log"]')?.focus({ preventScroll: true })
  const goToHash = (wanted: string) =>
    void navigate({ to: '.', search: true, hash: wanted, replace: true, resetScroll: false, hashScrollIntoView: false })
  const mark = (line: number, extend: boolean) => goToHash(writeRange(view.mark(line, extend)))
  const unmark = () => {
    view.unmark()
    goToHash('')
  }
  const copy = () => void copyLines(view)
  useBrowserKeys(panel, {
    full,
    markAll: () => {
      const { lineCount, counted } = view.log
      if (!counted || lineCount === 0) return false
      view.mark(1, false)
      mark(lineCount, true)
      return true
    },
    copy: () => {
      if (view.marked) copy()
      return view.marked !== null
    },
  })

  useLogKeys(view, {
    mark,
    copy,
    wrap: () => prefer({ ...preferences, wrap: !preferences.wrap }),
    times: () => {
      const next = { none: 'elapsed', elapsed: 'clock', clock: 'none' } as const
      if (view.log.stamped) prefer({ ...preferences, times: next[preferences.times] })
    },
    full: () => setFull(!full),
    escape: () => {
      if (full) setFull(false)
      else if (view.marked) unmark()
      else return false
      return true
    },
  })

  const begun = job.startedAt !== null || job.traceSize > 0
  return (
    <section
      ref={panel}
      aria-label="Log"
      className={`flex flex-col overflow-hidden border-line bg-panel ${
        full
          ? 'fixed inset-0 z-40'
          : `rounded-lg border ${begun ? heightOf(job, quoted.length > 0) : 'h-48'} max-md:-mx-4 max-md:rounded-none max-md:border-x-0`
      }`}
    >
      <Toolbar
        view={view}
        jobId={job.id}
        preferences={preferences}
        onPreferences={prefer}
        full={full}
        onFull={setFull}
        onCopy={copy}
        onUnmark={unmark}
        onLeaveSearch={toLog}
      />
      {job.traceCorrupted && (
        <p className="border-b border-line bg-warn-wash px-4 py-1 text-xs text-warn">
          Parts of this log were lost in transit.
        </p>
      )}
      {preferences.slowest && <SlowestSections view={view} onJump={toLog} />}
      <Body view={view} job={job} preferences={preferences} onMark={mark} onCopy={copy} />
    </section>
  )
}

/** Leaves room for what is above the log, so that its last lines are on screen. */
function heightOf({ status }: Job, isQuoted: boolean): string {
  if (status !== 'failed') return 'h-[max(26rem,calc(100dvh-16rem))]'
  return isQuoted ? 'h-[max(20rem,calc(100dvh-24rem))]' : 'h-[max(26rem,calc(100dvh-19.5rem))]'
}

function Body({
  view,
  job,
  preferences: { wrap, times, severities, stderr },
  onMark,
  onCopy,
}: {
  view: LogView
  job: Job
  preferences: Preferences
  onMark: (line: number, extend: boolean) => void
  onCopy: () => void
}) {
  useThrottled(view)
  const { log, viewport, marked } = view
  const shownTimes = log.stamped ? times : 'none'
  const startedAt = job.startedAt ? Date.parse(job.startedAt) : Date.parse(job.createdAt)
  const first = log.firstStamp
  const look = useMemo(
    () => ({ wrap, times: shownTimes, startedAt, first, severities, stderr }),
    [wrap, shownTimes, startedAt, first, severities, stderr],
  )
  useEffect(() => setBroken('log', log.broken && !log.complete))
  const fresh = viewport.following.newLines(log.lineCount)
  const live = !log.complete
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <Lines view={view} look={look} onMark={onMark} />
      {view.waiting && (
        <p data-testid="reading" className="pointer-events-none absolute top-3 left-4 text-sm text-soft">
          {view.wanted.length > 0 ? `Looking for line ${view.wanted[0]?.toLocaleString('en')}` : 'Looking for the end'}:
          the log is read for the first time, {log.extent.percent} %
        </p>
      )}
      {log.extent.known && log.counted && log.lineCount === 0 && (
        <p className="pointer-events-none absolute top-3 left-4 text-sm text-soft">{whyEmpty(job)}</p>
      )}
      <div className="pointer-events-none absolute right-5 bottom-3 flex gap-2 *:pointer-events-auto">
        {marked && marked.last > marked.first && (
          <Button className="shadow-lg" onClick={onCopy}>
            <CopyIcon /> Copy {(marked.last - marked.first + 1).toLocaleString('en')} lines
          </Button>
        )}
        {!viewport.following.on && !viewport.atEnd && viewport.folding.rowCount > 0 && (
          <Button kind={live ? 'primary' : 'plain'} className="shadow-lg" onClick={() => view.toEnd()}>
            <DownIcon /> {live ? 'Follow' : 'Go to the end'}
            {fresh > 0 && live && <span>· {fresh.toLocaleString('en')} new</span>}
          </Button>
        )}
      </div>
      <Announcement job={job} />
    </div>
  )
}

/** Announces the end of the job to screen readers, but not each line. */
function Announcement({ job }: { job: Job }) {
  const [was] = useState(job.status)
  return (
    <p aria-live="polite" className="sr-only">
      {job.status !== was && isOver(job.status) && `The job has ended: ${JOB_STATUS_WORDS[job.status]}`}
    </p>
  )
}

async function copyLines(view: LogView): Promise<void> {
  const { marked } = view
  if (!marked) return
  try {
    await copyText(await view.textOf(marked, AbortSignal.timeout(30_000)))
    const all = Math.min(marked.last, view.log.lineCount) - marked.first + 1
    if (all > MOST_COPIED)
      toast.done(`The first ${MOST_COPIED.toLocaleString('en')} lines copied; the download has all of them`)
    else toast.done(all === 1 ? 'Line copied' : `${all.toLocaleString('en')} lines copied`)
  } catch {
    toast.failed('The lines could not be copied. Select the text and copy it by hand.')
  }
}

function whyEmpty({ status, startedAt, erasedAt, logRemovedAt }: Job): string {
  if (erasedAt !== null) return 'The log was erased.'
  if (logRemovedAt !== null)
    return `The log was older than logs are kept here, and was removed on ${day(logRemovedAt)}.`
  if (isOver(status)) return 'The log is empty.'
  return startedAt === null ? 'The log begins when a runner takes the job.' : 'No output yet.'
}
