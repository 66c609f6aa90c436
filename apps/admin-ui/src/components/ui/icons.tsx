import type { ReactNode } from 'react'

export interface IconProps {
  readonly className?: string | undefined
}

/** Decorates words; never carries information alone. */
export const Glyph = ({ className = '', children }: IconProps & { readonly children: ReactNode }) => (
  <svg
    viewBox="0 0 16 16"
    width="16"
    height="16"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.5"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    className={`shrink-0 ${className}`}
  >
    {children}
  </svg>
)

export const icon = (paths: ReactNode) =>
  function Icon({ className }: IconProps) {
    return <Glyph className={className}>{paths}</Glyph>
  }

export const BrandIcon = icon(<path d="M3 13 8 3m0 0 5 10M5 9h6" strokeWidth="1.75" />)
export const PlusIcon = icon(<path d="M8 3v10M3 8h10" />)
export const SearchIcon = icon(
  <>
    <circle cx="7" cy="7" r="4.25" />
    <path d="m10.2 10.2 3.3 3.3" />
  </>,
)
export const CloseIcon = icon(<path d="m4 4 8 8m0-8-8 8" />)
export const CopyIcon = icon(
  <>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M3.5 10.5h-.25a.75.75 0 0 1-.75-.75v-6.5a.75.75 0 0 1 .75-.75h6.5a.75.75 0 0 1 .75.75v.25" />
  </>,
)
export const CheckIcon = icon(<path d="m3 8.5 3.2 3.2L13 4.8" />)
export const ChoicesIcon = icon(<path d="m4.5 6.5 3.5 3.5 3.5-3.5" />)
export const MoreIcon = icon(
  <g fill="currentColor" stroke="none">
    <circle cx="3" cy="8" r="1.3" />
    <circle cx="8" cy="8" r="1.3" />
    <circle cx="13" cy="8" r="1.3" />
  </g>,
)
export const SystemIcon = icon(
  <>
    <rect x="2" y="3" width="12" height="8" rx="1.25" />
    <path d="M6 13.5h4" />
  </>,
)
export const SunIcon = icon(
  <>
    <circle cx="8" cy="8" r="2.75" />
    <path d="M8 1.5v1.25m0 10.5v1.25m6.5-6.5h-1.25M2.75 8H1.5m11.1-4.6-.9.9m-7.4 7.4-.9.9m9.2 0-.9-.9M4.3 4.3l-.9-.9" />
  </>,
)
export const MoonIcon = icon(<path d="M13.3 9.6A5.6 5.6 0 0 1 6.4 2.7a5.6 5.6 0 1 0 6.9 6.9Z" />)
export const SignOutIcon = icon(
  <path d="M6 2.75H3.5A.75.75 0 0 0 2.75 3.5v9c0 .4.34.75.75.75H6M10.5 11l3-3-3-3m3 3H6.25" />,
)
export const DownloadIcon = icon(<path d="M8 2.5v7.75m0 0L5 7.25m3 3 3-3M2.75 13.25h10.5" />)
export const EyeIcon = icon(
  <>
    <path d="M1.75 8S4 3.75 8 3.75 14.25 8 14.25 8 12 12.25 8 12.25 1.75 8 1.75 8Z" />
    <circle cx="8" cy="8" r="1.75" />
  </>,
)
export const RotateIcon = icon(<path d="M13.25 8a5.25 5.25 0 1 1-1.7-3.87M13.25 2.5v2.75H10.5" />)
export const TrashIcon = icon(<path d="M3 4.5h10M6.25 4.5V3.25h3.5V4.5m-5.5 0 .6 8.25h6.3l.6-8.25" />)
export const LockIcon = icon(
  <>
    <rect x="3.5" y="7" width="9" height="6.25" rx="1.25" />
    <path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2" />
  </>,
)
export const DownIcon = icon(<path d="M8 3v9.5m0 0L4 8.75m4 3.75 4-3.75" />)
export const PreviousIcon = icon(<path d="M9.75 3.5 5.25 8l4.5 4.5" />)
export const NextIcon = icon(<path d="M6.25 3.5 10.75 8l-4.5 4.5" />)
export const RetryIcon = icon(<path d="M2.75 8a5.25 5.25 0 1 0 1.7-3.87M2.75 2.5v2.75H5.5" />)
export const PlayIcon = icon(<path d="M4.75 2.9v10.2L13 8Z" />)
export const StopIcon = icon(<rect x="4" y="4" width="8" height="8" rx="1" />)
export const PauseIcon = icon(<path d="M5.5 3.5v9m5-9v9" strokeWidth="1.75" />)
export const BranchIcon = icon(
  <>
    <circle cx="4.5" cy="3.75" r="1.5" />
    <circle cx="4.5" cy="12.25" r="1.5" />
    <circle cx="11.5" cy="5.25" r="1.5" />
    <path d="M4.5 5.25v5.5M11.5 6.75c0 2.5-4.5 1.75-6.6 4.1" />
  </>,
)
export const TagIcon = icon(
  <>
    <path d="M8.6 2.5H3.25a.75.75 0 0 0-.75.75V8.6l5.4 5.1a.75.75 0 0 0 1.05 0l4.75-4.75a.75.75 0 0 0 0-1.05Z" />
    <circle cx="5.5" cy="5.5" r=".6" fill="currentColor" />
  </>,
)
