import * as Radix from '@radix-ui/react-dropdown-menu'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { CheckIcon, MoreIcon } from './icons.tsx'

/** A menu behind a button. Not modal: Radix would lock scrolling with injected styles, which the policy refuses. */
export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="end"
          sideOffset={4}
          className="z-50 min-w-44 rounded-md border border-line bg-panel p-1 text-sm text-ink shadow-lg"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** The menu for actions that have no button of their own. */
export function MoreMenu({ children }: { children: ReactNode }) {
  return (
    <Menu
      trigger={
        <Button iconOnly aria-label="More actions">
          <MoreIcon />
        </Button>
      }
    >
      {children}
    </Menu>
  )
}

const ITEM =
  'flex h-8 cursor-pointer items-center gap-2 rounded px-2 outline-none select-none data-[highlighted]:bg-raised data-[disabled]:opacity-60'

export function MenuItem({
  onSelect,
  danger = false,
  children,
}: {
  onSelect: () => void
  danger?: boolean
  children: ReactNode
}) {
  return (
    <Radix.Item onSelect={onSelect} className={`${ITEM} ${danger ? 'text-bad data-[highlighted]:bg-bad-wash' : ''}`}>
      {children}
    </Radix.Item>
  )
}

/** A choice of one of several options. */
export function MenuChoice<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: Value
  options: readonly { readonly value: Value; readonly children: ReactNode }[]
  onChange: (value: Value) => void
}) {
  return (
    <Radix.RadioGroup aria-label={label} value={value} onValueChange={(chosen) => onChange(chosen as Value)}>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={ITEM}>
          {option.children}
          <Radix.ItemIndicator className="ml-auto">
            <CheckIcon />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

/** Something that is on or off. */
export function MenuCheck({
  checked,
  onChange,
  children,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}) {
  return (
    <Radix.CheckboxItem checked={checked} onCheckedChange={onChange} className={ITEM}>
      {children}
      <Radix.ItemIndicator className="ml-auto">
        <CheckIcon />
      </Radix.ItemIndicator>
    </Radix.CheckboxItem>
  )
}

export const MenuLine = () => <Radix.Separator className="my-1 h-px bg-line" />
