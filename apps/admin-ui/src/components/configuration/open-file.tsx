import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { toast } from '../ui/toast.tsx'

/** Bytes of a file. */
const MOST_BYTES = 2_097_152

/** A file of the reader's machine. */
export interface OpenedFile {
  readonly name: string
  readonly text: string
}

/** Reads files as texts, or says of each why it can't be one. */
async function read(files: FileList | null, onFiles: (files: readonly OpenedFile[]) => void): Promise<void> {
  const texts = await Promise.all([...(files ?? [])].map(textOf))
  const opened = texts.filter((file) => file !== null)
  if (opened.length > 0) onFiles(opened)
}

async function textOf(file: File): Promise<OpenedFile | null> {
  try {
    if (file.size > MOST_BYTES) toast.failed(`${file.name} has more than 2 MiB.`)
    else return { name: file.name, text: new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()) }
  } catch {
    toast.failed(`${file.name} is not a text in UTF-8.`)
  }
  return null
}

/** A button that opens files. */
export function OpenFile({ onFiles }: { onFiles: (files: readonly OpenedFile[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        accept=".yml,.yaml,text/yaml,text/plain"
        aria-label="Configuration file"
        className="hidden"
        onChange={({ target }) => {
          // So that the same files can be opened again, once they are read.
          void read(target.files, onFiles).finally(() => {
            target.value = ''
          })
        }}
      />
      <Button onClick={() => input.current?.click()}>Open files</Button>
    </>
  )
}

/** An area that files can be dropped on. */
export function DropArea({
  onFiles,
  children,
}: {
  onFiles: (files: readonly OpenedFile[]) => void
  children: ReactNode
}) {
  const [isOver, setOver] = useState(false)
  const hasFile = (event: DragEvent) => event.dataTransfer.types.includes('Files')
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button that opens files does the same.
    <div
      className={`overflow-hidden rounded-lg border focus-within:outline-2 focus-within:outline-accent ${isOver ? 'border-accent' : 'border-line'}`}
      onDragOverCapture={(event) => {
        if (!hasFile(event)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDropCapture={(event) => {
        setOver(false)
        if (!hasFile(event)) return
        event.preventDefault()
        event.stopPropagation()
        void read(event.dataTransfer.files, onFiles)
      }}
    >
      {children}
    </div>
  )
}
