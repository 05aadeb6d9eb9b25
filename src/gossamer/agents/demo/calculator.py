"""Sums, from a text that anybody may have written: numbers, + - * / // % ** and brackets, and nothing else. Pure.

The text is taken apart by Python's own grammar and never run. What would take long, or fill memory, is refused.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Final

Number = int | float

_CHARACTERS: Final = 200
_BITS: Final = 4096
"""Of a whole number, more than a thousand digits."""
_OPERATORS: Final[Mapping[type, Callable[[Number, Number], Number]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIGNS: Final[Mapping[type, Callable[[Number], Number]]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


class BadSum(ValueError):
    """Says what is wrong with it."""


def calculate(expression: str) -> Number:
    """What it comes to."""
    if len(expression) > _CHARACTERS:
        raise BadSum(f"The expression has more than {_CHARACTERS} characters.")
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, BadSum):
            raise
        raise BadSum("This is no sum: write numbers, + - * / // % ** and brackets.") from error
    except ZeroDivisionError as error:
        raise BadSum("It divides by zero.") from error
    except OverflowError as error:
        raise BadSum("It is too large.") from error


def _value(node: ast.AST) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(number)
        case ast.UnaryOp(op=sign, operand=inner) if type(sign) in _SIGNS:
            return _SIGNS[type(sign)](_value(inner))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _bounded(_OPERATORS[type(op)](_value(left), _value(right)))
    raise BadSum("This is no sum: write numbers, + - * / // % ** and brackets.")


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int) and abs(base).bit_length() * abs(exponent) > _BITS:
        raise BadSum("It is too large.")
    found = base**exponent
    if isinstance(found, complex):
        raise BadSum("It is no real number.")
    return _bounded(found)


def _bounded(number: Number) -> Number:
    if isinstance(number, int) and number.bit_length() > _BITS:
        raise BadSum("It is too large.")
    return number
