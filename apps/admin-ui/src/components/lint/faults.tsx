import type { Found } from '../configuration/found.ts'

/** Faults that are listed; the first ones are mended first anyway. */
const MOST = 100

/** Where faults and rules lead to. */
export interface Places {
  /** Whether the text of a file is at hand; null is the configuration itself. */
  has(file: string | null): boolean
  goTo(file: string | null, line: number, column: number): void
}

/** The faults of a configuration. A click on one that is in a text at hand leads there. */
export function Faults({ faults, places }: { faults: readonly Found[]; places: Places }) {
  const shown = faults.slice(0, MOST)
  return (
    <ul
      aria-label="Problems"
      className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-panel text-sm"
    >
      {shown.map((fault, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two faults may be the same in everything.
        <li key={index} className="px-3 py-2">
          <div className="flex items-baseline gap-2">
            <span
              className={`shrink-0 rounded px-1.5 text-xs leading-5 font-medium ${fault.severity === 'error' ? 'bg-bad-wash text-bad' : 'bg-warn-wash text-warn'}`}
            >
              {fault.severity === 'error' ? 'Error' : 'Warning'}
            </span>
            <span className="min-w-0 flex-1 break-words">{fault.message}</span>
            {fault.line !== null && (
              <LineLink file={fault.file} line={fault.line} column={fault.column ?? 1} places={places} />
            )}
          </div>
          {fault.hint && <p className="mt-1 text-xs text-soft">{fault.hint}</p>}
        </li>
      ))}
      {faults.length > shown.length && (
        <li className="px-3 py-2 text-xs text-soft">and {faults.length - shown.length} more</li>
      )}
    </ul>
  )
}

/** Where something is written: a button that leads there if its text is at hand. */
export function LineLink({
  file,
  line,
  column = 1,
  places,
}: {
  file: string | null
  line: number
  column?: number
  places: Places
}) {
  if (!places.has(file)) {
    return (
      <span className="max-w-[40%] shrink-0 text-right font-mono text-xs break-all text-soft">
        {file}:{line}
      </span>
    )
  }
  return (
    <button
      type="button"
      onClick={() => places.goTo(file, line, column)}
      className={`shrink-0 text-xs text-accent underline-offset-2 hover:underline ${file === null ? 'whitespace-nowrap' : 'max-w-[40%] text-right font-mono break-all'}`}
    >
      {file === null ? `Line ${line}` : `${file}:${line}`}
    </button>
  )
}
