"""Small files in vendors' layouts.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

FRENCH = (
    b"Invented words above the tables.\r\n\r\n"
    b"  Value Weight Returns -- Monthly\r\n"
    b",<= 0,Lo 30,Hi 30\r\n"
    b"202601,  -99.99,    -999,    2.00\r\n"
    b"202602,  -99.99,   10.00,   -1.00\r\n"
    b"202603,  -99.99,  -50.00,    0.50\r\n"
    b"\r\n\r\n"
    b"  Equal Weight Returns -- Monthly\r\n"
    b",<= 0,Lo 30,Hi 30\r\n"
    b"202601,  -99.99,   77.00,   77.00\r\n"
    b"\r\n"
    b"Copyright 2026 nobody\r\n"
)
GROSS = {"series_id": "X", "return_basis": "gross", "currency": "USD"}
