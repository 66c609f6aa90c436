import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { toast } from '../ui/toast.tsx'

/** Bytes of a configuration. */
const MOST_BYTES = 2_097_152

/** Reads a file as text, or says why it can't be one. */
async function read(file: File | undefined, onText: (text: string) => void): Promise<void> {
  if (!file) return
  if (file.size > MOST_BYTES) return toast.failed(`${file.name} has more than 2 MiB.`)
  try {
    onText(new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()))
  } catch {
    toast.failed(`${file.name} is not a text in UTF-8.`)
  }
}

/** A button that opens a file. */
export function OpenFile({ onText }: { onText: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".yml,.yaml,text/yaml,text/plain"
        aria-label="Configuration file"
        className="hidden"
        onChange={({ target }) => {
          void read(target.files?.[0], onText)
          // So that the same file can be opened again.
          target.value = ''
        }}
      />
      <Button onClick={() => input.current?.click()}>Open a file</Button>
    </>
  )
}

/** An area that a file can be dropped on. */
export function DropArea({ onText, children }: { onText: (text: string) => void; children: ReactNode }) {
  const [isOver, setOver] = useState(false)
  const hasFile = (event: DragEvent) => event.dataTransfer.types.includes('Files')
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button that opens a file does the same.
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
        void read(event.dataTransfer.files[0], onText)
      }}
    >
      {children}
    </div>
  )
}
