"""The arithmetic of proof: what is hashed and signed, and how.

`verify.py` goes into every pack and stands alone, so it holds the functions that both sides need.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from . import verify


def signing_key():
    """The portal's private key, or None where the operator has set none."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.PROOF_KEY)) if settings.PROOF_KEY else None


def public_half(key):
    """The public half of a private key, in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def grouped(fingerprint):
    """A fingerprint as people compare it: in groups of eight."""
    return " ".join(fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8))


def signed_head(position, own_hash):
    """The head of the chain as a dict, with the portal's key and signature where it has one; each "" otherwise."""
    key = signing_key()
    statement = verify.head_statement(position, own_hash)
    return {
        "position": position,
        "hash": own_hash,
        "public_key": public_half(key) if key else "",
        "signature": key.sign(statement).hex() if key else "",
    }
