import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Runner, trpc } from '../../lib/api.ts'
import { runnerName } from '../../lib/lists.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { MadeDialog } from '../ui/form-dialog.tsx'
import { PauseIcon, PlayIcon, RotateIcon, TrashIcon } from '../ui/icons.tsx'
import { MenuItem, MenuLine, MoreMenu } from '../ui/menu.tsx'
import { NewToken } from './new-token.tsx'
import { EditRunner } from './runner-form.tsx'

/** The actions for a runner. */
export function RunnerActions({ runner, onRemoved }: { runner: Runner; onRemoved: () => void }) {
  const queries = useQueryClient()
  const [asked, setAsked] = useState<'edit' | 'rotate' | 'remove' | null>(null)
  const refresh = () => void queries.invalidateQueries(trpc.runners.pathFilter())
  const close = () => setAsked(null)
  const pause = useAction(
    trpc.runners.update.mutationOptions(),
    runner.paused ? 'The runner takes jobs again' : 'The runner takes no new jobs',
    refresh,
  )
  const rotate = useAction(trpc.runners.rotateToken.mutationOptions(), null, refresh)
  const remove = useAction(trpc.runners.remove.mutationOptions(), 'Runner removed', () => {
    close()
    onRemoved()
    refresh()
  })
  const name = runnerName(runner)
  return (
    <>
      <Button busy={pause.isPending} onClick={() => pause.mutate({ id: runner.id, paused: !runner.paused })}>
        {runner.paused ? <PlayIcon /> : <PauseIcon />}
        {runner.paused ? 'Resume' : 'Pause'}
      </Button>
      <Button onClick={() => setAsked('edit')}>Edit</Button>
      <MoreMenu>
        <MenuItem onSelect={() => setAsked('rotate')}>
          <RotateIcon className="text-soft" /> Rotate the token
        </MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setAsked('remove')}>
          <TrashIcon /> Remove
        </MenuItem>
      </MoreMenu>
      {asked === 'edit' && <EditRunner runner={runner} onClose={close} />}
      {asked === 'remove' && (
        <Confirm
          title={`Remove ${name}?`}
          action="Remove the runner"
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id: runner.id })}
          onClose={close}
        >
          <p>Its token stops working at once. Jobs it ran are kept, without its name.</p>
        </Confirm>
      )}
      {asked === 'rotate' &&
        (rotate.data ? (
          <MadeDialog title="Token rotated" onClose={close}>
            <NewToken token={rotate.data.token} expiresAt={rotate.data.tokenExpiresAt} />
          </MadeDialog>
        ) : (
          <Confirm
            title={`Rotate the token of ${name}?`}
            action="Rotate"
            busy={rotate.isPending}
            onConfirm={() => rotate.mutate({ id: runner.id })}
            onClose={close}
          >
            <p>The current token stops working at once; every machine that uses it needs the new one.</p>
          </Confirm>
        ))}
    </>
  )
}
