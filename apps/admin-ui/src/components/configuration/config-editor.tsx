import { type Ref, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Field, Input } from '../ui/field.tsx'
import { PlusIcon, TrashIcon } from '../ui/icons.tsx'
import { type EditedFile, editedFile, MOST_FILES, pathFault, pathOf } from './edited-configuration.ts'
import { Editor, type EditorHandle } from './editor.tsx'
import { type FaultsByFile, type Found, marksOf } from './found.ts'
import { DropArea, type OpenedFile } from './open-file.tsx'

export interface ConfigEditorHandle {
  /** Puts one file in place of the text on screen; several become further files. */
  open(files: readonly OpenedFile[]): void
  /** Shows a place in a file; null is the configuration itself. */
  goTo(file: string | null, line: number, column: number): void
}

const NONE: readonly Found[] = []

/** The text of a configuration, and further files that it includes, with the faults of each. */
export function ConfigEditor({
  ref,
  text,
  onText,
  files,
  onFiles,
  faults,
  className,
}: {
  ref?: Ref<ConfigEditorHandle>
  /** What the editor begins with. */
  text: string
  onText: (text: string) => void
  files: readonly EditedFile[]
  onFiles: (change: (files: readonly EditedFile[]) => readonly EditedFile[]) => void
  faults: FaultsByFile
  /** Gives the editor its height. */
  className: string
}) {
  const [chosen, setChosen] = useState<number | null>(null)
  // Editors of files that were shown stay, with what can be undone in them.
  const [seen, setSeen] = useState<ReadonlySet<number>>(new Set())
  const editors = useRef(new Map<number | null, EditorHandle>())
  const main = useRef<HTMLButtonElement>(null)
  const shown = files.find(({ id }) => id === chosen) ?? null
  const show = (id: number | null) => {
    setChosen(id)
    if (id !== null) setSeen((before) => new Set([...before, id]))
  }
  const change = (id: number, changed: Partial<EditedFile>) =>
    onFiles((before) => before.map((file) => (file.id === id ? { ...file, ...changed } : file)))
  const keep = (id: number | null) => (handle: EditorHandle | null) => {
    if (handle) editors.current.set(id, handle)
    else editors.current.delete(id)
  }

  const add = (added: readonly EditedFile[]) => {
    onFiles((before) => [...before, ...added])
    show(added[0]?.id ?? null)
  }
  const open = (opened: readonly OpenedFile[]) => {
    const [only, ...others] = opened
    if (only && others.length === 0) return editors.current.get(shown?.id ?? null)?.replace(only.text)
    add(opened.slice(0, MOST_FILES - files.length).map(({ name, text: found }) => editedFile(name, found)))
  }
  useImperativeHandle(ref, () => ({
    open,
    goTo(path, line, column) {
      const file = path === null ? null : files.find((one) => pathOf(one) === path)
      if (file === undefined) return
      const id = file?.id ?? null
      show(id)
      // An editor that was not shown before is there in the next frame.
      const go = () => editors.current.get(id)?.goTo(line, column)
      if (editors.current.has(id) && id === chosen) go()
      else requestAnimationFrame(() => requestAnimationFrame(go))
    },
  }))
  const faultsOf = (file: EditedFile | null) => faults.get(file === null ? null : pathOf(file)) ?? NONE

  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <ul aria-label="Files" className="-m-1 flex max-h-32 flex-wrap items-center gap-1 overflow-y-auto p-1">
        <li className="max-w-full">
          <FileButton
            ref={main}
            name="Configuration"
            isShown={shown === null}
            faults={faultsOf(null)}
            onShow={() => show(null)}
          />
        </li>
        {files.map((file) => (
          <li key={file.id} className="max-w-full">
            <FileButton
              name={pathOf(file)}
              isShown={file === shown}
              faults={faultsOf(file)}
              hasBadPath={pathFault(file, files) !== null}
              onShow={() => show(file.id)}
            />
          </li>
        ))}
        <li>
          <Button kind="quiet" disabled={files.length >= MOST_FILES} onClick={() => add([editedFile()])}>
            <PlusIcon /> Add a file
          </Button>
        </li>
      </ul>
      {shown && (
        <PathField
          key={shown.id}
          file={shown}
          fault={pathFault(shown, files)}
          onPath={(path) => change(shown.id, { path })}
          onEnter={() => editors.current.get(shown.id)?.goTo(1, 1)}
          onRemove={() => {
            onFiles((before) => before.filter(({ id }) => id !== shown.id))
            show(null)
            main.current?.focus()
          }}
        />
      )}
      <DropArea onFiles={open}>
        <div hidden={shown !== null}>
          <FileEditor
            ref={keep(null)}
            label="Configuration"
            text={text}
            faults={faultsOf(null)}
            onText={onText}
            className={className}
          />
        </div>
        {files
          .filter(({ id }) => seen.has(id))
          .map((file) => (
            <div key={file.id} hidden={file !== shown}>
              <FileEditor
                ref={keep(file.id)}
                label="Text of the file"
                text={file.text}
                faults={faultsOf(file)}
                onText={(changed) => change(file.id, { text: changed })}
                className={className}
              />
            </div>
          ))}
      </DropArea>
    </div>
  )
}

/** An editor that marks faults. */
function FileEditor({
  faults,
  ...editor
}: {
  ref: Ref<EditorHandle>
  label: string
  text: string
  faults: readonly Found[]
  onText: (text: string) => void
  className: string
}) {
  return <Editor {...editor} marks={useMemo(() => marksOf(faults), [faults])} />
}

function FileButton({
  ref,
  name,
  isShown,
  faults,
  hasBadPath = false,
  onShow,
}: {
  ref?: Ref<HTMLButtonElement>
  /** Empty while it has none. */
  name: string
  isShown: boolean
  faults: readonly Found[]
  hasBadPath?: boolean
  onShow: () => void
}) {
  const errors = faults.filter(({ severity }) => severity === 'error').length + (hasBadPath ? 1 : 0)
  const warnings = faults.length - faults.filter(({ severity }) => severity === 'error').length
  return (
    <button
      ref={ref}
      type="button"
      aria-current={isShown ? 'true' : undefined}
      onClick={onShow}
      className="flex h-8 max-w-full items-center gap-1.5 rounded-md border border-transparent px-2 text-sm text-soft hover:bg-raised hover:text-ink aria-[current=true]:border-line-strong aria-[current=true]:bg-panel aria-[current=true]:text-ink"
    >
      <span className="min-w-0 truncate" title={name || undefined}>
        {name || 'Without a path'}
      </span>
      {errors > 0 ? (
        <Count tone="bg-bad-wash text-bad" words={errors === 1 ? '1 error' : `${errors} errors`} count={errors} />
      ) : (
        warnings > 0 && (
          <Count
            tone="bg-warn-wash text-warn"
            words={warnings === 1 ? '1 warning' : `${warnings} warnings`}
            count={warnings}
          />
        )
      )}
    </button>
  )
}

const Count = ({ tone, words, count }: { tone: string; words: string; count: number }) => (
  <span className={`shrink-0 rounded px-1.5 text-xs leading-5 font-medium ${tone}`} title={words}>
    <span aria-hidden="true">{count}</span>
    <span className="sr-only">{words}</span>
  </span>
)

/** Names and removes the file on screen. */
function PathField({
  file,
  fault,
  onPath,
  onEnter,
  onRemove,
}: {
  file: EditedFile
  fault: string | null
  onPath: (path: string) => void
  onEnter: () => void
  onRemove: () => void
}) {
  const [asked, setAsked] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const isNew = useRef(file.path === '' && file.text === '')
  useEffect(() => {
    if (isNew.current) input.current?.focus()
  }, [])
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <Field label="Path of the file" labelHidden name="path" fault={fault}>
          {(described) => (
            <Input
              {...described}
              ref={input}
              className="font-mono"
              placeholder="Path, such as ci/build.yml"
              value={file.path}
              onChange={({ target }) => onPath(target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return
                // It would submit the form around it.
                event.preventDefault()
                onEnter()
              }}
            />
          )}
        </Field>
      </div>
      <Button
        kind="quiet"
        iconOnly
        aria-label={`Remove the file ${file.path}`.trim()}
        title="Remove the file"
        onClick={() => (file.text.trim() === '' ? onRemove() : setAsked(true))}
      >
        <TrashIcon />
      </Button>
      {asked && (
        <Confirm
          title="Remove this file?"
          action="Remove the file"
          busy={false}
          onConfirm={onRemove}
          onClose={() => setAsked(false)}
        >
          <p>
            Its text is lost: <span className="font-mono break-all text-ink">{file.path}</span>
          </p>
        </Confirm>
      )}
    </div>
  )
}
