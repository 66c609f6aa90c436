import { icon } from '../ui/icons.tsx'

export const UpIcon = icon(<path d="M3.5 10 8 5.5l4.5 4.5" />)
export const NextIcon = icon(<path d="M3.5 6 8 10.5 12.5 6" />)
export const WrapIcon = icon(
  <path d="M2 3.5h12M2 8h9.5a2.25 2.25 0 0 1 0 4.5H8.5m0 0 1.75-1.75M8.5 12.5l1.75 1.75M2 12.5h3" />,
)
export const FullIcon = icon(<path d="M6 2.5H2.5V6m7.5-3.5h3.5V6M6 13.5H2.5V10m7.5 3.5h3.5V10" />)
export const SmallIcon = icon(<path d="M2.5 6H6V2.5M13.5 6H10V2.5M2.5 10H6v3.5m7.5-3.5H10v3.5" />)
export const FoldIcon = icon(<path d="M2.5 8h11M8 1.5V5m0 0L6 3.25M8 5l2-1.75M8 14.5V11m0 0-2 1.75M8 11l2 1.75" />)
export const UnfoldIcon = icon(<path d="M2.5 8h11M8 5.5V2m0 0L6 3.75M8 2l2 1.75M8 10.5V14m0 0-2-1.75M8 14l2-1.75" />)
export const ErrorIcon = icon(
  <>
    <circle cx="8" cy="8" r="5.75" />
    <path d="M8 5v3.5M8 10.9v.1" />
  </>,
)
export const WarningIcon = icon(<path d="M8 2.5 14 13.25H2Zm0 4v3M8 11.4v.1" />)
export const RawIcon = icon(
  <path d="M9 2.5H4.25a.75.75 0 0 0-.75.75v9.5c0 .4.34.75.75.75h7.5a.75.75 0 0 0 .75-.75V6Zm0 0V6h3.5M6 9h4m-4 2h2.5" />,
)
export const LinesIcon = icon(<path d="M6 4h8M6 8h8M6 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01" />)
