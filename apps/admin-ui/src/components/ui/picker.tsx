import { useCombobox } from 'downshift'
import { type ComponentProps, useEffect, useRef, useState } from 'react'
import { CheckIcon, ChoicesIcon } from './icons.tsx'

export interface Choice {
  readonly id: number
  readonly name: string
}

/** The properties that pickers of all kinds have in common. */
export type PickedProps = Pick<ComponentProps<'input'>, 'id' | 'aria-label' | 'aria-describedby' | 'aria-invalid'> & {
  readonly value: number | null
  /** The label of the choice that means null. */
  readonly none: string
  readonly className?: string
  readonly onChoose: (id: number | null) => void
}

type Item = Choice | { readonly id: null; readonly name: string }

/** The list is requested after this pause in typing. */
const SETTLE_MS = 200

/**
 * Picks one of many items, found by typing a part of their name. `choices` are those that match the text; leaving the
 * field without choosing restores the previous choice.
 */
export function Picker({
  chosen,
  choices,
  none,
  placeholder,
  className = '',
  onType,
  onChoose,
  ...described
}: Omit<PickedProps, 'value' | 'none'> & {
  chosen: Choice | null
  choices: readonly Choice[]
  /** The label of the first choice, which means null; null when that is not allowed. */
  none: string | null
  placeholder: string
  /** Called with the text to search for; empty for all. */
  onType: (text: string) => void
}) {
  const name = chosen?.name ?? ''
  const [text, setText] = useState(name)
  const shown = useRef(name)
  // The name may arrive late: what has been typed by then stays.
  useEffect(() => {
    const before = shown.current
    shown.current = name
    setText((typed) => (typed === before ? name : typed))
  }, [name])
  const wanted = text === name ? '' : text.trim()
  useEffect(() => {
    const timer = window.setTimeout(() => onType(wanted), SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [wanted, onType])

  const items: Item[] = none === null ? [...choices] : [{ id: null, name: none }, ...choices]
  const { isOpen, highlightedIndex, getInputProps, getItemProps, getMenuProps, getToggleButtonProps } =
    useCombobox<Item>({
      items,
      itemToString: (item) => item?.name ?? '',
      inputValue: text,
      selectedItem: chosen,
      ...(described.id !== undefined && { inputId: described.id }),
      defaultHighlightedIndex: 0,
      onInputValueChange: ({ inputValue, type }) => {
        if (type === useCombobox.stateChangeTypes.InputChange) setText(inputValue)
      },
      onStateChange: ({ type, selectedItem }) => {
        const { ItemClick, InputKeyDownEnter, InputBlur, InputKeyDownEscape } = useCombobox.stateChangeTypes
        if ((type === ItemClick || type === InputKeyDownEnter) && selectedItem) {
          setText(selectedItem.id === null ? '' : selectedItem.name)
          onChoose(selectedItem.id)
        } else if (type === InputBlur || type === InputKeyDownEscape) {
          setText(name)
        }
      },
    })

  return (
    <div className={`relative min-w-0 ${className}`}>
      <input
        {...getInputProps({
          ...described,
          placeholder,
          spellCheck: false,
          onFocus: ({ currentTarget }) => currentTarget.select(),
          onKeyDown: (event) => {
            // Closes the list, not the dialog around it.
            if (event.key === 'Escape' && isOpen) event.preventDefault()
          },
        })}
        className={`control w-full truncate pr-7 aria-invalid:border-bad ${chosen ? '' : 'placeholder:text-ink'}`}
      />
      <button
        type="button"
        {...getToggleButtonProps({ 'aria-label': 'Show choices' })}
        className="absolute inset-y-0 right-0 grid w-7 place-items-center text-soft"
      >
        <ChoicesIcon className="size-3.5" />
      </button>
      <ul
        {...getMenuProps({ 'aria-label': placeholder, ...(described.id && { 'aria-labelledby': undefined }) })}
        className={`absolute z-20 mt-1 max-h-64 w-full overflow-y-auto rounded-md border border-line bg-panel p-1 text-sm shadow-lg md:min-w-48 ${isOpen ? '' : 'hidden'}`}
      >
        {isOpen &&
          items.map((item, index) => (
            <li
              key={item.id ?? 'none'}
              {...getItemProps({ item, index })}
              className={`flex h-8 cursor-pointer items-center justify-between gap-2 rounded px-2 ${index === highlightedIndex ? 'bg-raised' : ''}`}
            >
              <span className="truncate">{item.name}</span>
              {item.id === (chosen?.id ?? null) && <CheckIcon className="size-3.5 shrink-0 text-accent" />}
            </li>
          ))}
        {isOpen && items.length === 0 && <li className="px-2 py-1.5 text-soft">No matches.</li>}
      </ul>
    </div>
  )
}
