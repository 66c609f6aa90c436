import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Activity, type ReactNode, useEffect, useRef, useState } from 'react'
import { signOut, useSigningOut } from '../lib/sign-out.ts'
import { chooseTheme, type Theme, useTheme } from '../lib/theme.ts'
import { Glance, Notices } from './glance.tsx'
import { SETTINGS_VIEWS } from './settings/settings-header.tsx'
import { ShortcutSheet, useShortcuts } from './shortcuts.tsx'
import { SignInAgain } from './sign-in-again.tsx'
import { Button } from './ui/button.tsx'
import { BrandIcon, MoonIcon, SignOutIcon, SunIcon, SystemIcon } from './ui/icons.tsx'
import { Menu, MenuChoice, MenuItem, MenuLine } from './ui/menu.tsx'
import { Toasts, toast } from './ui/toast.tsx'

const VIEWS = [
  { to: '/pipelines', label: 'Pipelines' },
  { to: '/jobs', label: 'Jobs' },
  { to: '/runners', label: 'Runners' },
  { to: '/projects', label: 'Projects' },
  { to: '/lint', label: 'Lint' },
  { to: '/settings', label: 'Settings' },
] as const

/** Views that are reached from another one, which the navigation marks. */
const PARTS: readonly { readonly to: string; readonly of: (typeof VIEWS)[number]['to'] }[] = [
  { to: '/schedules', of: '/pipelines' },
  ...SETTINGS_VIEWS.map(({ to }) => ({ to, of: '/settings' as const })),
]

/** Surrounds every view that requires a sign-in. Hidden views make no requests. */
export function Shell({ children = <Outlet /> }: { children?: ReactNode }) {
  return (
    <>
      <Activity mode={useSigningOut() ? 'hidden' : 'visible'}>
        <Frame>{children}</Frame>
      </Activity>
      <Toasts />
    </>
  )
}

function Frame({ children }: { children: ReactNode }) {
  const [helps, setHelps] = useState(false)
  useShortcuts(() => setHelps(true))
  useFocusAfterNavigation()
  const within = useRouterState({
    select: ({ location: { pathname } }) =>
      PARTS.find(({ to }) => pathname === to || pathname.startsWith(`${to}/`))?.of ?? null,
  })
  return (
    <>
      <button
        type="button"
        onClick={() => document.querySelector<HTMLElement>('#main')?.focus()}
        className="absolute top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent px-3 py-1.5 text-sm text-accent-ink focus:translate-y-0"
      >
        Skip to content
      </button>
      <header className="sticky top-0 z-30 border-b border-line bg-panel">
        <div className="mx-auto flex max-w-[88rem] flex-wrap items-center gap-x-6 px-4 md:h-12 md:flex-nowrap md:px-6">
          <Link to="/pipelines" className="flex h-11 items-center gap-2 font-semibold">
            <span className="grid size-6 place-items-center rounded-md bg-accent text-accent-ink">
              <BrandIcon />
            </span>
            Yardmaster
          </Link>
          <nav
            aria-label="Main"
            className="order-last -mx-4 flex w-[calc(100%+2rem)] self-stretch border-t border-line px-2 md:order-none md:mx-0 md:w-auto md:border-0 md:px-0"
          >
            {VIEWS.map(({ to, label }) => (
              <Link
                key={to}
                to={to}
                activeOptions={{ exact: false, includeSearch: false }}
                aria-current={to === within ? 'page' : undefined}
                className="relative flex h-10 flex-auto items-center justify-center px-1.5 text-sm font-medium text-soft max-[22rem]:px-1 max-[22rem]:text-xs hover:text-ink aria-[current=page]:text-ink aria-[current=page]:after:absolute aria-[current=page]:after:inset-x-1.5 aria-[current=page]:after:-bottom-px aria-[current=page]:after:h-0.5 aria-[current=page]:after:bg-accent md:h-full md:flex-none md:px-3 md:aria-[current=page]:after:inset-x-3"
              >
                {label}
              </Link>
            ))}
          </nav>
          <div className="ml-auto">
            <UserMenu onHelp={() => setHelps(true)} />
          </div>
        </div>
        <Notices />
      </header>
      <Glance />
      <main id="main" tabIndex={-1} className="mx-auto max-w-[88rem] px-4 pt-5 pb-16 outline-none md:px-6">
        {children}
      </main>
      {helps && <ShortcutSheet onClose={() => setHelps(false)} />}
      <SignInAgain />
    </>
  )
}

const THEMES: readonly { value: Theme; label: string; Icon: typeof SunIcon }[] = [
  { value: 'system', label: 'System', Icon: SystemIcon },
  { value: 'light', label: 'Light', Icon: SunIcon },
  { value: 'dark', label: 'Dark', Icon: MoonIcon },
]

function UserMenu({ onHelp }: { onHelp: () => void }) {
  const theme = useTheme()
  const { Icon } = THEMES.find(({ value }) => value === theme) ?? { Icon: SystemIcon }
  return (
    <Menu
      trigger={
        <Button kind="quiet" iconOnly aria-label="Appearance and session">
          <Icon />
        </Button>
      }
    >
      <MenuChoice
        label="Appearance"
        value={theme}
        onChange={chooseTheme}
        options={THEMES.map(({ value, label, Icon }) => ({
          value,
          children: (
            <>
              <Icon className="text-soft" /> {label}
            </>
          ),
        }))}
      />
      <MenuLine />
      <MenuItem onSelect={onHelp}>
        <span aria-hidden="true" className="w-4 text-center font-mono text-soft">
          ?
        </span>
        Keyboard shortcuts
      </MenuItem>
      <MenuItem onSelect={leave}>
        <SignOutIcon className="text-soft" /> Sign out
      </MenuItem>
    </Menu>
  )
}

async function leave(): Promise<void> {
  try {
    await signOut()
  } catch {
    toast.failed('Could not reach the server. You are still signed in.')
  }
}

/** Moves the focus to the heading of a new view, so that screen readers announce it as they would a new page. */
function useFocusAfterNavigation(): void {
  // The resolved location: until then the heading is still that of the old view.
  const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname })
  const seen = useRef(path)
  useEffect(() => {
    const before = seen.current
    seen.current = path
    if (before === undefined || before === path) return
    document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
  }, [path])
}
