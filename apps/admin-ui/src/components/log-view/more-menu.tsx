import { Button } from '../ui/button.tsx'
import { CloseIcon, CopyIcon, DownloadIcon, MoreIcon } from '../ui/icons.tsx'
import { Menu, MenuCheck, MenuChoice, MenuItem, MenuLine } from '../ui/menu.tsx'
import { LinesIcon, RawIcon } from './icons.tsx'
import { downloadUrl, foldAll, type LogActions } from './log-actions.ts'
import type { TimeColumn } from './timestamps.ts'

const TIMES: readonly { value: TimeColumn; children: string }[] = [
  { value: 'none', children: 'No times' },
  { value: 'elapsed', children: 'Seconds since start' },
  { value: 'clock', children: 'Time of day' },
]

const SEVERITIES = [
  { value: 'marked', children: 'Mark errors and warnings' },
  { value: 'plain', children: 'Mark nothing' },
] as const

/** Actions that are needed less often, and on narrow screens those that do not fit. */
export function MoreMenu({ view, jobId, preferences, onPreferences, onCopy, onUnmark }: LogActions) {
  const { log, marked } = view
  const fold = foldAll(view)
  const url = downloadUrl(jobId)
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
      <MenuChoice
        label="Errors and warnings"
        value={preferences.severities ? 'marked' : 'plain'}
        options={SEVERITIES}
        onChange={(value) => onPreferences({ ...preferences, severities: value === 'marked' })}
      />
      {log.stamped && (
        <MenuCheck checked={preferences.stderr} onChange={(stderr) => onPreferences({ ...preferences, stderr })}>
          Mark standard error
        </MenuCheck>
      )}
      {log.sections.size > 0 && (
        <MenuCheck checked={preferences.slowest} onChange={(slowest) => onPreferences({ ...preferences, slowest })}>
          List slowest sections
        </MenuCheck>
      )}
      <MenuLine />
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
      {fold && (
        <MenuItem onSelect={fold.run}>
          <fold.Icon className="text-soft" /> {fold.label}
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
