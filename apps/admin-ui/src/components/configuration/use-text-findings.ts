import { useEffect, useRef, useState } from 'react'
import type { ConfigTexts, TextFindings } from './compile-worker.ts'
import { TextCompiler } from './text-compiler.ts'

/** Pause in typing, in milliseconds, after which the texts are compiled. */
const COMPILE_AFTER_MS = 120

interface Found extends TextFindings {
  /** What they were found in. */
  readonly of: ConfigTexts
}

/** Returns what the compiler in this browser finds in a configuration, at first null. An empty one is not compiled. */
export function useTextFindings(texts: ConfigTexts): Found | null {
  const [found, setFound] = useState<Found | null>(null)
  const compiler = useRef<TextCompiler>(null)
  useEffect(() => {
    const made = new TextCompiler((of, findings) =>
      // While a text can't be read, its inputs stay: their fields would only flicker.
      setFound((before) => ({ ...findings, inputs: findings.inputs ?? before?.inputs ?? null, of })),
    )
    compiler.current = made
    return () => made.close()
  }, [])
  useEffect(() => {
    if (texts.text.trim() === '') return
    const timer = window.setTimeout(() => compiler.current?.check(texts), COMPILE_AFTER_MS)
    return () => window.clearTimeout(timer)
  }, [texts])
  return found
}
