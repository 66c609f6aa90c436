import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { trpc } from '../../lib/api.ts'
import { sentenceOf } from '../../lib/refusal.ts'
import { counted } from '../../lib/words.ts'
import { Button } from './button.tsx'
import { Actions, Dialog, Problem } from './dialog.tsx'
import type { IconProps } from './icons.tsx'
import type { Selection } from './selection.tsx'
import { toast } from './toast.tsx'

/** One thing that can be done with many rows. */
export interface BulkAction<Change extends string> {
  readonly change: Change
  readonly label: string
  /** What was done, as in “3 jobs canceled”. */
  readonly done: string
  readonly Icon: (props: IconProps) => React.ReactNode
  readonly isDanger?: boolean
  /** What a person has to know before. */
  readonly warning?: string
}

export interface BulkCall<Change extends string> {
  readonly change: Change
  /** Null for all that match. */
  readonly ids: readonly number[] | null
  /** How many a person has agreed to. */
  readonly atMost: number
  readonly progress: string
  readonly signal: AbortSignal
}

interface Outcome {
  readonly done: number
  readonly refused: number
  readonly stopped: boolean
  readonly more: boolean
}

/** Words for what is chosen: `job` and `jobs`. */
type Noun = readonly [one: string, many: string]

const of = (count: number, [one, many]: Noun): string => `${counted(count)} ${count === 1 ? one : many}`

/** One call of the server changes so many. */
const MOST = 10_000
const LOOK_MS = 500

/** Says how many rows are chosen, and what can be done with them. */
export function BulkBar<Change extends string>({
  noun,
  selection,
  shown,
  total,
  actions,
  run,
  onDone,
}: {
  noun: Noun
  selection: Selection
  /** How many rows the page shows. */
  shown: number
  /** How many match in all, as far as they are counted. */
  total: number | undefined
  actions: readonly BulkAction<Change>[]
  run: (call: BulkCall<Change>) => Promise<Outcome>
  onDone: () => void
}) {
  const [all, setAll] = useState(false)
  const [asked, setAsked] = useState<BulkAction<Change> | null>(null)
  const chosen = selection.ids.size
  if (chosen === 0 && asked === null) {
    if (all) setAll(false)
    return null
  }
  const isAll = all && total !== undefined
  const size = isAll ? Math.min(total, MOST) : chosen
  const end = () => {
    setAsked(null)
    setAll(false)
    selection.clear()
    onDone()
  }
  return (
    <section
      aria-label={`Chosen ${noun[1]}`}
      className="mb-2 flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-accent-wash px-3 py-2 text-sm"
    >
      <span aria-live="polite" className="mr-1 font-medium">
        {isAll ? `All ${of(size, noun)} that match` : `${of(chosen, noun)} chosen`}
      </span>
      {actions.map((action) => (
        <Button key={action.change} kind={action.isDanger ? 'danger' : 'plain'} onClick={() => setAsked(action)}>
          <action.Icon /> {action.label}
        </Button>
      ))}
      {total !== undefined && total > shown && !isAll && (
        <Button kind="quiet" onClick={() => setAll(true)}>
          Choose all {counted(Math.min(total, MOST))} that match
        </Button>
      )}
      <Button
        kind="quiet"
        onClick={() => {
          setAll(false)
          selection.clear()
        }}
      >
        Choose none
      </Button>
      {asked && (
        <BulkDialog
          noun={noun}
          action={asked}
          size={size}
          ids={isAll ? null : [...selection.ids]}
          run={run}
          onEnd={end}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  )
}

/** Asks, shows the progress, and stops when it is closed. */
function BulkDialog<Change extends string>({
  noun,
  action,
  size,
  ids,
  run,
  onEnd,
  onClose,
}: {
  noun: Noun
  action: BulkAction<Change>
  size: number
  ids: readonly number[] | null
  run: (call: BulkCall<Change>) => Promise<Outcome>
  onEnd: () => void
  onClose: () => void
}) {
  const [progress, setProgress] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const stop = useRef<AbortController | null>(null)
  const { data: far = { done: 0, refused: 0 } } = useQuery(
    trpc.bulk.progress.queryOptions(
      { progress: progress ?? 'not-yet-begun' },
      { enabled: progress !== null, refetchInterval: LOOK_MS, staleTime: 0 },
    ),
  )
  const begin = async () => {
    const name = newName()
    stop.current = new AbortController()
    setProblem(null)
    setProgress(name)
    try {
      toast.done(
        outcomeWords(
          await run({ change: action.change, ids, atMost: size, progress: name, signal: stop.current.signal }),
        ),
      )
      onEnd()
    } catch (error) {
      if (!stop.current.signal.aborted) {
        setProgress(null)
        return setProblem(sentenceOf(error))
      }
      toast.done('Stopped. What was done stays done; the audit says how many.')
      onEnd()
    }
  }
  const outcomeWords = ({ done, refused, more }: Outcome): string =>
    `${of(done, noun)} ${action.done}${refused === 0 ? '' : `; ${counted(refused)} could not be`}${more ? '. There are more: repeat it for them' : ''}`
  const close = () => (progress === null ? onClose() : stop.current?.abort())
  const seen = Math.min(size, far.done + far.refused)
  return (
    <Dialog title={`${action.label} ${of(size, noun)}?`} onClose={close}>
      {progress === null ? (
        <p className="text-soft">
          {ids === null ? `These are all ${noun[1]} that match the filters. ` : ''}
          {action.warning ??
            `${noun[1].charAt(0).toUpperCase()}${noun[1].slice(1)} whose status does not allow it are left as they are.`}
        </p>
      ) : (
        <div className="grid gap-2" role="status">
          <div
            role="progressbar"
            aria-label="Progress"
            aria-valuemin={0}
            aria-valuenow={seen}
            aria-valuemax={size}
            className="h-2 overflow-hidden rounded-full bg-raised"
          >
            <div className="h-full bg-accent" style={{ width: `${(100 * seen) / size}%` }} />
          </div>
          <p className="text-sm text-soft">
            {counted(seen)} of {counted(size)}
            {far.refused > 0 && `, ${counted(far.refused)} could not be`}. It may be stopped: what was done stays done.
          </p>
        </div>
      )}
      {problem && <Problem>{problem}</Problem>}
      <Actions>
        <Button onClick={close}>{progress === null ? 'Not now' : 'Stop'}</Button>
        <Button kind={action.isDanger ? 'danger' : 'primary'} busy={progress !== null} onClick={() => void begin()}>
          {action.label} {of(size, noun)}
        </Button>
      </Actions>
    </Dialog>
  )
}

/** `crypto.randomUUID` is missing on pages without TLS. */
const newName = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
