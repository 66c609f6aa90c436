import { useSubscription } from '@trpc/tanstack-react-query'
import { useEffect, useRef, useState } from 'react'
import { type Job, leaveIfSignedOut, trpc } from '../api.ts'
import { gatewayPath } from '../lib/base.ts'
import { bytes } from '../lib/bytes.ts'
import { setBroken } from '../lib/live.ts'
import { plainText } from '../lib/plain-log.ts'
import { useVisible } from '../lib/visibility.ts'
import { isOver } from '../lib/words.ts'
import { Button, buttonStyle } from './button.tsx'
import { DownIcon, DownloadIcon } from './icons.tsx'

/** Most of a log that is kept and shown: its end. */
const MOST_BYTES = 262_144
/** This close to the end counts as being there. */
const AT_END_PX = 24

/** A job's log: its end, and what comes. */
export function TraceView({ job }: { job: Job }) {
  return (
    <section aria-label="Log" className="overflow-hidden rounded-lg border border-line bg-panel">
      <div className="flex min-h-10 items-center gap-3 border-b border-line py-1 pr-2 pl-4">
        <h2 className="text-sm font-semibold">Log</h2>
        <span className="text-xs text-soft">{bytes(job.traceSize)}</span>
        {job.traceCorrupted && <span className="text-xs text-bad">Parts of it were lost on the way</span>}
        <a
          href={gatewayPath(`/download/jobs/${job.id}/trace`)}
          className={`${buttonStyle('quiet')} ml-auto`}
          download={`job-${job.id}.log`}
        >
          <DownloadIcon /> Download
        </a>
      </div>
      <Follower key={job.id} job={job} />
    </section>
  )
}

function Follower({ job }: { job: Job }) {
  const visible = useVisible()
  const start = useRef(Math.max(0, job.traceSize - MOST_BYTES))
  const [from, setFrom] = useState(start.current)
  const at = useRef(from)
  const raw = useRef('')
  const frame = useRef(0)
  const [shown, setShown] = useState({ text: '', cut: from > 0, complete: false })

  useEffect(() => {
    if (!visible) setFrom(at.current)
  }, [visible])
  useEffect(() => () => cancelAnimationFrame(frame.current), [])

  const { status } = useSubscription(
    trpc.traces.watch.subscriptionOptions(
      { jobId: job.id, from },
      {
        enabled: visible && !shown.complete,
        onError: leaveIfSignedOut,
        onData({ id, data }) {
          at.current = Number(id)
          raw.current += data.text
          const isCut = raw.current.length > MOST_BYTES
          if (isCut) raw.current = raw.current.slice(raw.current.indexOf('\n', raw.current.length - MOST_BYTES) + 1)
          cancelAnimationFrame(frame.current)
          frame.current = requestAnimationFrame(() =>
            setShown((before) => ({
              text: plainText(raw.current),
              cut: before.cut || isCut,
              complete: data.complete,
            })),
          )
        },
      },
    ),
  )
  useEffect(() => {
    setBroken('log', status === 'error')
    return () => setBroken('log', false)
  }, [status])

  const { box, isAtEnd, toEnd, onScroll } = useFollowing(shown.text)
  return (
    <div className="relative">
      {shown.cut && (
        <p className="border-b border-line bg-warn-wash px-4 py-1.5 text-xs text-warn">
          This is the end of the log. All of it is in the download.
        </p>
      )}
      <section
        ref={box}
        onScroll={onScroll}
        aria-label="Log text"
        className={`overflow-auto bg-log-ground ${shown.text === '' && !job.startedAt ? 'h-24' : 'h-[max(20rem,calc(100dvh-22rem))]'}`}
      >
        {shown.text === '' ? (
          <p className="px-4 py-3 text-sm text-soft">
            {isOver(job.status)
              ? 'The log is empty.'
              : job.startedAt
                ? 'No output yet.'
                : 'It begins when a runner takes the job.'}
          </p>
        ) : (
          <pre data-testid="log" className="px-4 py-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
            {shown.text}
          </pre>
        )}
      </section>
      {!isAtEnd && (
        <Button kind="primary" className="absolute right-4 bottom-4 shadow-lg" onClick={toEnd}>
          <DownIcon /> {shown.complete ? 'To the end' : 'Follow'}
        </Button>
      )}
    </div>
  )
}

/** Stays at the end while it is at the end, and lets go when somebody scrolls up. */
function useFollowing(text: string) {
  const box = useRef<HTMLElement>(null)
  const [isAtEnd, setAtEnd] = useState(true)
  const follows = useRef(true)
  useEffect(() => {
    // What scrolls has to be reachable by keyboard.
    if (box.current) box.current.tabIndex = 0
  }, [])
  useEffect(() => {
    if (text !== '' && follows.current && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [text])
  return {
    box,
    isAtEnd,
    toEnd() {
      box.current?.scrollTo({ top: box.current.scrollHeight })
    },
    onScroll() {
      if (!box.current) return
      const { scrollTop, scrollHeight, clientHeight } = box.current
      follows.current = scrollHeight - scrollTop - clientHeight < AT_END_PX
      setAtEnd(follows.current)
    },
  }
}
