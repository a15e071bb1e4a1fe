/** The page's icons: strokes in the colour of the text around them, never read aloud. */

const paths = {
  send: 'M12 19V5.5M5.5 12 12 5.5l6.5 6.5',
  stop: 'M7.5 7.5h9v9h-9z',
  settings:
    'M4 8h9M19 8h1M4 16h1M11 16h9M16 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5M8 13.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5',
  startOver: 'M12 20h8M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19z',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  again: 'M4.5 12a7.5 7.5 0 1 0 2.4-5.5L4.5 8.7M4.5 4.5v4.2h4.2',
  down: 'M12 5v13.5M5.5 12l6.5 6.5 6.5-6.5',
  alert: 'M12 8v5M12 16.2v.1M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17',
  chevron: 'm9 6 6 6-6 6',
  talk: 'M12 5c4.4 0 7.5 2.7 7.5 6.3s-3.1 6.3-7.5 6.3c-.9 0-1.7-.1-2.5-.3L5.8 19l.6-3.2c-1.2-1.2-1.9-2.8-1.9-4.5C4.5 7.7 7.6 5 12 5z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
