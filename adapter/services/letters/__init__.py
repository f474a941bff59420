"""What a patient is handed about his place in the register: letters, certificates, his own status.

Each is composed once as a :class:`adapter.services.letters.letter.Letter` and shown as text, as a page or as PDF.
Names and addresses stand in these documents only: they are the patient's own.
"""
