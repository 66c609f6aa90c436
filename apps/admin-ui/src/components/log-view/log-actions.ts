import { gatewayPath } from '../../lib/base.ts'
import { FoldIcon, UnfoldIcon } from './icons.tsx'
import type { LogView } from './log-view.ts'
import type { Preferences } from './preferences.ts'

/** What the toolbar and its menu need to act on a log. */
export interface LogActions {
  readonly view: LogView
  readonly jobId: number
  readonly preferences: Preferences
  readonly onPreferences: (preferences: Preferences) => void
  readonly onCopy: () => void
  readonly onUnmark: () => void
}

/** Returns the address of the whole log as a file. */
export const downloadUrl = (jobId: number): string => gatewayPath(`/download/jobs/${jobId}/trace`)

/** Returns the action that folds all sections, or unfolds them if all are folded; null when there are no sections. */
export function foldAll(view: LogView) {
  const { size, anyUnfolded } = view.log.sections
  if (size === 0) return null
  const run = () => view.foldAll(anyUnfolded)
  return anyUnfolded
    ? { label: 'Fold all sections', Icon: FoldIcon, run }
    : { label: 'Unfold all sections', Icon: UnfoldIcon, run }
}
