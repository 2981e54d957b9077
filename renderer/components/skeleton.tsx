/** The shape of what is coming. */
export function Skeleton({ className }: { className: string }) {
  return <div aria-hidden="true" className={`bg-active animate-breathe rounded-md ${className}`} />
}
