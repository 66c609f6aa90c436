import type { Found } from './use-lint.ts'

/** Faults that are listed; the first ones are mended first anyway. */
const MOST = 100

/** The faults of a configuration. A click on one that is in the text leads there. */
export function Faults({ faults, onGo }: { faults: readonly Found[]; onGo: (line: number, column: number) => void }) {
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
            <Place fault={fault} onGo={onGo} />
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

function Place({
  fault: { file, line, column },
  onGo,
}: {
  fault: Found
  onGo: (line: number, column: number) => void
}) {
  if (line === null) return null
  return <LineLink file={file} line={line} column={column ?? 1} onGo={onGo} />
}

/** Where something is written: a button that leads there if it is in the text on screen. */
export function LineLink({
  file,
  line,
  column = 1,
  onGo,
}: {
  file: string | null
  line: number
  column?: number
  onGo: (line: number, column: number) => void
}) {
  if (file !== null) {
    return (
      <span className="max-w-[40%] shrink-0 text-right font-mono text-xs break-all text-soft">
        {file}:{line}
      </span>
    )
  }
  return (
    <button
      type="button"
      onClick={() => onGo(line, column)}
      className="shrink-0 text-xs whitespace-nowrap text-accent underline-offset-2 hover:underline"
    >
      Line {line}
    </button>
  )
}
