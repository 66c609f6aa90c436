import { useState } from 'react'
import { Button } from './button.tsx'
import { CheckIcon, CopyIcon, EyeIcon } from './icons.tsx'
import { toast } from './toast.tsx'

const COPIED_MS = 1500

/** Copies text to the clipboard and confirms it. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await copyText(text)
      setCopied(true)
      window.setTimeout(() => setCopied(false), COPIED_MS)
    } catch {
      toast.failed('The browser did not allow copying. Select the text and copy it by hand.')
    }
  }
  return (
    <Button kind="quiet" iconOnly aria-label={copied ? 'Copied' : label} title={label} onClick={copy}>
      {copied ? <CheckIcon className="text-good" /> : <CopyIcon />}
    </Button>
  )
}

/** Copies text without the clipboard API, too, which is missing on plain HTTP, as in a private network. */
export async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return await navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'fixed top-0 left-0 opacity-0'
  // Beside the focus, because outside an open dialog nothing can be selected.
  const place = document.activeElement?.parentElement ?? document.body
  place.append(field)
  field.select()
  // Deprecated, but the only way without the clipboard API.
  const done = document.execCommand('copy')
  field.remove()
  if (!done) throw new Error('not copied')
}

/** Text to copy whole, such as a command or a token. */
export function Takeaway({ text, shown = text, label }: { text: string; shown?: string; label: string }) {
  return (
    <div className="flex items-start gap-1 rounded-md border border-line bg-log-ground p-1 pl-3">
      <pre className="min-w-0 flex-1 py-1.5 font-mono text-xs leading-5 break-all whitespace-pre-wrap">{shown}</pre>
      <CopyButton text={text} label={label} />
    </div>
  )
}

/** A secret that is hidden until the user asks to see it. */
export function Secret({ text, label }: { text: string; label: string }) {
  const [shown, setShown] = useState(false)
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-log-ground p-1 pl-3">
      <code
        className={`min-w-0 flex-1 font-mono text-xs leading-5 ${shown ? 'break-all' : 'overflow-hidden whitespace-nowrap'}`}
        data-testid="secret"
      >
        {shown ? text : '•'.repeat(24)}
      </code>
      <Button
        kind="quiet"
        iconOnly
        aria-label={`${shown ? 'Hide' : 'Show'} ${label}`}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
      >
        <EyeIcon />
      </Button>
      <CopyButton text={text} label={`Copy ${label}`} />
    </div>
  )
}
