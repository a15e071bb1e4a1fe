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
  microphone:
    'M12 3.500a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3M5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3',
  muted:
    'M9 6.200a3 3 0 0 1 6 .3v4.800M14.4 13.400A3 3 0 0 1 9 11.500V9M5.5 11.500a6.5 6.5 0 0 0 11 4.700M18.5 11.500c0 .6-.1 1.2-.2 1.700M12 18v3M4 3.500l16 17',
  hangUp: 'M3.5 14.500c5-4.7 12-4.7 17 0l-1.7 2.8-3.8-1.3-.4-2.700a10 10 0 0 0-5.2 0L9 16l-3.8 1.300z',
  hand: 'M8 12V6.200a1.3 1.3 0 0 1 2.6 0V11 4.700a1.3 1.3 0 0 1 2.6 0V11 5.700a1.3 1.3 0 0 1 2.6 0v6 -3a1.3 1.3 0 0 1 2.7 0v5.800c0 3.7-2.3 6-5.8 6-2.6 0-4.2-1-5.5-3.300l-2.3-4c-.8-1.4 1-2.6 2-1.400z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
