import { useState } from 'react'

/** Which rows of a list are chosen. */
export interface Selection {
  readonly ids: ReadonlySet<number>
  readonly choose: (ids: readonly number[], chosen: boolean) => void
  readonly clear: () => void
}

const NONE: ReadonlySet<number> = new Set()

/** Keeps what is chosen; another view of the list, named by `of`, begins with nothing. */
export function useSelection(of: string): Selection {
  const [kept, setKept] = useState({ of, ids: NONE })
  const ids = kept.of === of ? kept.ids : NONE
  return {
    ids,
    choose(changed, chosen) {
      const next = new Set(ids)
      for (const id of changed) {
        if (chosen) next.add(id)
        else next.delete(id)
      }
      setKept({ of, ids: next })
    },
    clear: () => setKept({ of, ids: NONE }),
  }
}

/** Chooses one row, above the row's own link. */
export const RowCheckbox = ({ id, label, selection }: { id: number; label: string; selection: Selection }) => (
  <input
    type="checkbox"
    aria-label={label}
    checked={selection.ids.has(id)}
    onChange={(event) => selection.choose([id], event.target.checked)}
    className="relative z-10 size-4 align-middle accent-accent"
  />
)

/** Chooses all rows that are shown. */
export function AllCheckbox({
  ids,
  label,
  selection,
}: {
  ids: readonly number[]
  label: string
  selection: Selection
}) {
  const chosen = ids.filter((id) => selection.ids.has(id)).length
  return (
    <input
      type="checkbox"
      aria-label={label}
      ref={(box) => {
        if (box) box.indeterminate = chosen > 0 && chosen < ids.length
      }}
      checked={ids.length > 0 && chosen === ids.length}
      onChange={(event) => selection.choose(ids, event.target.checked)}
      className="size-4 align-middle accent-accent"
    />
  )
}
