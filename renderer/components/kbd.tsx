export function Kbd({ keys }: { keys: readonly string[] }) {
  return (
    <span aria-hidden="true" className="flex gap-0.5">
      {keys.map((key) => (
        <kbd
          key={key}
          className="border-line text-faint bg-canvas grid h-4.5 min-w-4.5 place-items-center rounded-sm border px-1 font-sans text-2xs leading-none"
        >
          {key}
        </kbd>
      ))}
    </span>
  )
}
