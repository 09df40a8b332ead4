import type { AlarmType, EmailState } from './api.js';

const TYPE_PATHS: Readonly<Record<AlarmType, string>> = {
  // A figure in stride, a cloud over a flame's breath, a thermometer.
  motion: 'M13 4.500a1.700 1.700 0 1 1-3.400 0 1.700 1.700 0 0 1 3.400 0ZM7 11l2-3.500 3-.5 2 3 2.500 1M11.500 7l-1 5.500L13 15l.5 4.500M10.500 12.500 9 16l-3 3.500',
  smoke: 'M7 12.500a3.500 3.500 0 1 1 .8-6.900A4.200 4.200 0 0 1 16 6.500a3 3 0 0 1 .5 6H7ZM8 16c1-1 2-1 3 0s2 1 3 0M9.500 19.500c1-1 2-1 3 0',
  temperature: 'M10 13.500V5.500a2 2 0 1 1 4 0v8a3.800 3.800 0 1 1-4 0ZM12 9v7.500',
};

export function TypeIcon({ type }: { type: AlarmType }) {
  return (
    <span class={`type-icon ${type}`} aria-hidden="true">
      <svg viewBox="0 0 24 24" width="20" height="20">
        <path d={TYPE_PATHS[type]} />
      </svg>
    </span>
  );
}

const ENVELOPE = 'M2.500 4.500h11v7.500h-11zM2.500 5l5.500 4 5.500-4';
const EMAIL_PATHS: Readonly<Record<EmailState, string>> = {
  pending: 'M8 4.500V8l2.500 1.500M13.500 8a5.500 5.500 0 1 1-11 0 5.500 5.500 0 0 1 11 0Z',
  sent: ENVELOPE,
  held: 'M5.500 4v8M10.500 4v8',
  withheld: 'M4 8h8',
  parked: 'M8 3 14 13H2L8 3ZM8 6.500v3M8 11.200v.3',
};

export function EmailIcon({ state, label }: { state: EmailState; label: string }) {
  return (
    <span class={`email-icon ${state}`} title={label} role="img" aria-label={label}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path d={EMAIL_PATHS[state]} />
      </svg>
    </span>
  );
}

export function BellIcon({ isMuted }: { isMuted: boolean }) {
  return (
    <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      <path d={`M5.500 13.500V9a4.500 4.500 0 0 1 9 0v4.500l1.500 1.500H4ZM8.500 15.500a1.600 1.600 0 0 0 3 0${isMuted ? 'M3 3l14 14' : ''}`} />
    </svg>
  );
}

export function ScreenIcon() {
  return (
    <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      <path d="M3 4.500h14v9H3zM7.500 16.500h5M10 13.500v3" />
    </svg>
  );
}

export function Wordmark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <path d="M5 16c3-5 7-7.500 11-7.500S24 11 27 16c-3 5-7 7.500-11 7.500S8 21 5 16Z" class="mark-eye" />
      <circle cx="16" cy="16" r="4" class="mark-iris" />
    </svg>
  );
}
