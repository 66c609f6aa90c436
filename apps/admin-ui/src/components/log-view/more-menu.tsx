import { gatewayPath } from '../../lib/base.ts'
import { Button } from '../ui/button.tsx'
import { CloseIcon, CopyIcon, DownloadIcon, MoreIcon } from '../ui/icons.tsx'
import { Menu, MenuChoice, MenuItem, MenuLine } from '../ui/menu.tsx'
import { FoldIcon, LinesIcon, RawIcon, UnfoldIcon } from './icons.tsx'
import type { LogView } from './log-view.ts'
import type { Preferences } from './preferences.ts'
import type { TimeColumn } from './timestamps.ts'

const TIMES: readonly { value: TimeColumn; children: string }[] = [
  { value: 'none', children: 'No times' },
  { value: 'elapsed', children: 'Seconds since start' },
  { value: 'clock', children: 'Time of day' },
]

/** Actions that are needed less often, and on narrow screens those that do not fit. */
export function MoreMenu({
  view,
  jobId,
  preferences,
  onPreferences,
  onCopy,
  onUnmark,
}: {
  view: LogView
  jobId: number
  preferences: Preferences
  onPreferences: (preferences: Preferences) => void
  onCopy: () => void
  onUnmark: () => void
}) {
  const { log, marked } = view
  const folds = log.sections.anyUnfolded
  const url = gatewayPath(`/download/jobs/${jobId}/trace`)
  return (
    <Menu
      trigger={
        <Button kind="quiet" iconOnly aria-label="More log actions" title="More">
          <MoreIcon />
        </Button>
      }
    >
      {log.stamped && (
        <>
          <MenuChoice
            label="Times"
            value={preferences.times}
            options={TIMES}
            onChange={(times) => onPreferences({ ...preferences, times })}
          />
          <MenuLine />
        </>
      )}
      {marked && (
        <>
          <MenuItem onSelect={onCopy}>
            <CopyIcon className="text-soft" /> Copy marked lines
          </MenuItem>
          <MenuItem onSelect={onUnmark}>
            <CloseIcon className="text-soft" /> Clear the mark
          </MenuItem>
          <MenuLine />
        </>
      )}
      {log.sections.size > 0 && (
        <MenuItem onSelect={() => view.foldAll(folds)}>
          {folds ? <FoldIcon className="text-soft" /> : <UnfoldIcon className="text-soft" />}
          {folds ? 'Fold all sections' : 'Unfold all sections'}
        </MenuItem>
      )}
      <MenuItem onSelect={() => view.toTop()}>
        <LinesIcon className="text-soft" /> First line
      </MenuItem>
      <MenuItem onSelect={() => void window.open(`${url}?view=raw`, '_blank', 'noopener')}>
        <RawIcon className="text-soft" /> Raw
      </MenuItem>
      <MenuItem onSelect={() => window.location.assign(url)}>
        <DownloadIcon className="text-soft" /> Download
      </MenuItem>
    </Menu>
  )
}
