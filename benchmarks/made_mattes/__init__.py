"""Scenes whose alpha and foreground colour are known exactly, because they were made.

Objects are drawn by supersampling, put over real photographs, and kept apart from them: what a
matting set photographs before a screen, made instead. `scene.make` makes one; `KINDS` says what
there is. Everything follows from a seed.
"""
