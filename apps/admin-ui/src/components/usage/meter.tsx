/** A number with a bar that compares it to the largest of its column. The bar is decoration. */
export function Meter({ value, most, children }: { value: number; most: number; children: string }) {
  const share = most > 0 ? value / most : 0
  return (
    <span className="flex items-center gap-2">
      <span className="w-20 shrink-0 text-right">{children}</span>
      <span aria-hidden="true" className="h-2 min-w-0 flex-1">
        {share > 0 && (
          <span
            className="block h-full min-w-0.5 rounded-r-sm bg-accent"
            style={{ width: `${Math.max(share * 100, 0.5)}%` }}
          />
        )}
      </span>
    </span>
  )
}
