import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import { type Mark, YamlEditor } from './yaml-editor.ts'

export interface EditorHandle {
  /** Replaces the text, as if it had been typed. */
  replace(text: string): void
  goTo(line: number, column: number): void
}

/**
 * A text of YAML with its faults marked. Without `onText` it cannot be changed. With it, `text` is only what it begins
 * with: what is being typed may be ahead of what the page has drawn.
 */
export function Editor({
  ref,
  label,
  text,
  marks = [],
  onText,
  className,
}: {
  ref?: Ref<EditorHandle>
  label: string
  text: string
  marks?: readonly Mark[]
  onText?: (text: string) => void
  className: string
}) {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<YamlEditor>(null)
  const latest = useRef({ text, onText })
  latest.current = { text, onText }
  const isWritable = onText !== undefined
  useEffect(() => {
    if (!host.current) return
    const made = new YamlEditor(host.current, {
      label,
      text: latest.current.text,
      ...(isWritable && { onText: (changed: string) => latest.current.onText?.(changed) }),
    })
    editor.current = made
    return () => {
      editor.current = null
      made.close()
    }
  }, [label, isWritable])
  useEffect(() => {
    if (!isWritable) editor.current?.setText(text)
  }, [text, isWritable])
  useEffect(() => editor.current?.mark(marks), [marks])
  useImperativeHandle(
    ref,
    () => ({
      replace: (changed) => editor.current?.setText(changed),
      goTo: (line, column) => editor.current?.goTo(line, column),
    }),
    [],
  )
  return <div ref={host} className={className} />
}
