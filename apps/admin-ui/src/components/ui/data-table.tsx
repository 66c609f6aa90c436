import { type ReactNode, useEffect, useRef } from 'react'
import { listenToKeys } from '../../lib/keys.ts'
import { useWide } from '../../lib/visibility.ts'
import { AllCheckbox, RowCheckbox, type Selection } from './selection.tsx'

export interface Column<Row> {
  readonly header: string
  /** Tailwind's class for the width; one column has none and takes the remaining width. */
  readonly width?: string
  readonly align?: 'right'
  /** In which order of this column the rows are; the header turns it. */
  readonly sorted?: { readonly direction: 'ascending' | 'descending'; readonly onTurn: () => void }
  /** A class that hides the column where there is no room. */
  readonly hidden?: string
  readonly cell: (row: Row) => ReactNode
}

const SKELETON_ROWS = 10
const skeleton = Array.from({ length: SKELETON_ROWS }, (_, index) => index)

/**
 * Shows rows as a table, or as cards where a table has no room. Each row has one link marked with `data-row`; the arrow
 * keys move between these links.
 */
export function DataTable<Row extends { readonly id: number }>({
  label,
  rows,
  columns,
  card,
  stale = false,
  selection,
}: {
  label: string
  /** Undefined while loading: placeholders reserve the space. */
  rows: readonly Row[] | undefined
  columns: readonly Column<Row>[]
  card: (row: Row) => ReactNode
  /** Lets rows be chosen, by check boxes that `nameOf` names. */
  selection?: Selection & { readonly nameOf: (row: Row) => string }
  /** The rows belong to the previous filters, until the new ones arrive. */
  stale?: boolean
}) {
  const wide = useWide()
  const ref = useRef<HTMLDivElement>(null)
  useRowKeys(ref)
  return (
    <div ref={ref} aria-busy={rows === undefined || stale} className={stale ? 'opacity-60' : ''}>
      {wide ? (
        <div className="overflow-hidden rounded-lg border border-line bg-panel">
          <table className="w-full table-fixed text-left text-sm" aria-label={label}>
            <thead>
              <tr className="border-b border-line">
                {selection && (
                  <th scope="col" className="h-8 w-10 pl-3">
                    <AllCheckbox
                      ids={(rows ?? []).map(({ id }) => id)}
                      label="Choose all shown"
                      selection={selection}
                    />
                  </th>
                )}
                {columns.map(({ header, width = '', align, hidden = '', sorted }) => (
                  <th
                    key={header}
                    scope="col"
                    aria-sort={sorted?.direction}
                    className={`h-8 px-3 label-caps ${width} ${hidden} ${align === 'right' ? 'text-right' : ''}`}
                  >
                    {sorted ? (
                      <button type="button" className="label-caps hover:text-ink" onClick={sorted.onTurn}>
                        {header} <span aria-hidden="true">{sorted.direction === 'ascending' ? '↑' : '↓'}</span>
                      </button>
                    ) : (
                      header
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows
                ? rows.map((row) => (
                    <tr
                      key={row.id}
                      className="relative border-b border-line last:border-0 hover:bg-raised has-[[data-row]:focus-visible]:bg-accent-wash"
                    >
                      {selection && (
                        <td className="pl-3">
                          <RowCheckbox id={row.id} label={`Choose ${selection.nameOf(row)}`} selection={selection} />
                        </td>
                      )}
                      {columns.map(({ header, align, hidden = '', cell }) => (
                        <td
                          key={header}
                          className={`h-9 truncate px-3 ${hidden} ${align === 'right' ? 'text-right' : ''}`}
                        >
                          {cell(row)}
                        </td>
                      ))}
                    </tr>
                  ))
                : skeleton.map((index) => (
                    <tr key={index} className="border-b border-line last:border-0">
                      {selection && <td />}
                      {columns.map(({ header, hidden = '' }) => (
                        <td key={header} className={`h-9 px-3 ${hidden}`}>
                          <div className="h-2.5 w-2/3 rounded bg-raised" />
                        </td>
                      ))}
                    </tr>
                  ))}
            </tbody>
          </table>
        </div>
      ) : (
        <ul aria-label={label} className="overflow-hidden rounded-lg border border-line bg-panel">
          {rows
            ? rows.map((row) => (
                <li
                  key={row.id}
                  className="relative border-b border-line px-3 py-2.5 last:border-0 has-[[data-row]:focus-visible]:bg-accent-wash"
                >
                  {selection ? (
                    <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3">
                      <RowCheckbox id={row.id} label={`Choose ${selection.nameOf(row)}`} selection={selection} />
                      {card(row)}
                    </div>
                  ) : (
                    card(row)
                  )}
                </li>
              ))
            : skeleton.map((index) => (
                <li
                  key={index}
                  className="grid h-[4.5rem] content-center gap-2 border-b border-line px-3 last:border-0"
                >
                  <div className="h-2.5 w-1/2 rounded bg-raised" />
                  <div className="h-2.5 w-1/3 rounded bg-raised" />
                </li>
              ))}
        </ul>
      )}
    </div>
  )
}

/** For the link of a row: the whole row is its target. */
export const ROW_LINK = 'font-medium text-ink after:absolute after:inset-0 focus-visible:outline-none'
/** For other links in a row: above the row's own. */
export const ABOVE_ROW = 'relative z-10 hover:underline'

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }

function useRowKeys(ref: { readonly current: HTMLElement | null }): void {
  useEffect(
    () =>
      listenToKeys(({ event }) => {
        const links = [...(ref.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
        const focused = document.activeElement
        const at = focused instanceof HTMLElement ? links.indexOf(focused) : -1
        const step = STEPS[event.key]
        // Arrow keys scroll the page until a row has the focus.
        if (step === undefined || (at === -1 && event.key.startsWith('Arrow'))) return false
        const next = links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))]
        if (!next) return false
        event.preventDefault()
        next.focus()
        return false
      }),
    [ref],
  )
}
