"""What each action does besides the state, with the guards that need data."""

from callcenter.tickets.effects.dispatching import DISPATCHING
from callcenter.tickets.effects.effect import Effect
from callcenter.tickets.effects.ending import ENDING
from callcenter.tickets.effects.handling import HANDLING
from callcenter.tickets.effects.time import TIME
from callcenter.tickets.lifecycle import TicketAction

EFFECTS: dict[TicketAction, Effect] = {**DISPATCHING, **HANDLING, **TIME, **ENDING}
